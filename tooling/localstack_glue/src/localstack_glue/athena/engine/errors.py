"""Why a query ends without an answer, in Athena's words."""

from botocore.exceptions import ClientError

WRONG_COUNT = "Incorrect number of parameters"  # Athena names no error code of Trino before it


class QueryFailedError(Exception):
    """The query FAILED; the text is its StateChangeReason: an error code of Trino, a colon, and the problem."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


def failed_ddl(code: str, message: str) -> QueryFailedError:
    """The failure of a DDL statement: the name of an exception comes after FAILED, an error code instead of it."""
    return QueryFailedError(code if code.isupper() else "FAILED", message if code.isupper() else f"{code}: {message}")


def wrong_parameter_count(expected: int, found: int) -> QueryFailedError:
    """The failure of a statement that has another number of question marks than it gets values."""
    return QueryFailedError(WRONG_COUNT, f"expected {expected} but found {found}")


def raise_unless(error: ClientError, code: str, is_fine: bool, message: str) -> None:
    """What a DDL statement makes of an error of Glue's API: nothing, if the error has this code and that is fine.

    Raises:
        QueryFailedError: the error has this code, and that is not fine.
        ClientError: the error has another code.
    """
    if error.response["Error"]["Code"] != code:
        raise error
    if not is_fine:
        raise failed_ddl(code, message) from error


class QueryCancelledError(Exception):
    """The query was CANCELLED: by a user, or because it would scan more than the workgroup allows."""


class MalformedQueryError(Exception):
    """The text is not SQL: StartQueryExecution refuses it."""
