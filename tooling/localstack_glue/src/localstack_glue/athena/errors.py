"""The errors of the Athena API."""

# ruff: noqa: N818 - the class names are the codes that clients look for

from localstack_glue.service.errors import GlueError, ServiceError


class InvalidRequestException(GlueError):
    """The input is not valid; for most kinds of resources also: there is no resource of that name.

    Args:
        message: AWS's words.
        reason: the `AthenaErrorCode` by which clients tell these errors apart.
    """

    def __init__(self, message: str, reason: str = "INVALID_INPUT") -> None:
        super().__init__(message)
        self.members = {"AthenaErrorCode": reason}


class ResourceNotFoundException(GlueError):
    """There is no such prepared statement, or no resource with that ARN."""


class MetadataException(GlueError):
    """The catalog has no such database or table, or cannot be asked."""


class NotRunHereError(ServiceError):
    """The operation needs a query engine."""

    def __init__(self, operation: str) -> None:
        message = f"{operation} is not supported: this Athena stores workgroups and saved queries, but runs no queries."
        super().__init__("InternalFailure", message, 501)
