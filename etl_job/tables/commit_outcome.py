"""Whether a write to the Glue catalog took effect, read from the catalog itself.

A response can be lost: the connection breaks, or an error is returned, after Glue has made the change. A retry then
conflicts with the first call and is refused with ConcurrentModificationException (AlreadyExistsException for a new
table). PyIceberg takes this for another writer's change and deletes the manifests of the snapshot that readers now see.
So after any error the table is read again, several times if necessary. The metadata file that a write points the table
to has a unique name: if the table points to it, or has it in its history, the write took effect; if not, the files
written for it may be deleted; if that cannot be read, nothing is deleted.

The table that is read may be outdated. That is assumed if it shows the state before the write although Glue refused a
second call because the table had changed, or if it shows a state of unknown origin. It is read again then, and nothing
is deleted if that does not change.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from pyiceberg.catalog import METADATA_LOCATION, PREVIOUS_METADATA_LOCATION
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError, TableAlreadyExistsError
from pyiceberg.io import FileIO
from pyiceberg.table import Table
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from etl_job.tables.steady_time import SteadyGlueCatalog

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_glue.type_defs import TableInputTypeDef

_SENDS, _READS = 4, 6
_NO_PROPERTIES: Mapping[str, str] = {}
_SENT_AGAIN = frozenset({"ThrottlingException", "Throttling", "OperationTimeoutException", "RequestLimitExceeded"})
_MAY_BE_OWN = frozenset({"ConcurrentModificationException", "AlreadyExistsException"})


class Outcome(StrEnum):
    """The outcome of a write: it took effect, nothing changed, or another writer's change took its place.

    UNCLEAR: the table is neither in its earlier state nor in one that follows from it, for example because an old copy
    was read, or because the table is not shown although it existed.
    """

    LANDED = "landed"
    UNCHANGED = "unchanged"
    OVERTAKEN = "overtaken"
    UNCLEAR = "unclear"


class _OldTableError(Exception):
    """The table that was read cannot be its current state."""


class NotCommittedError(CommitFailedException):
    """The write did not take effect, and no other write did: PyIceberg deletes the files that it wrote for it.

    ``may_succeed_later``: the request was not the cause of the failure.
    """

    def __init__(self, message: str, may_succeed_later: bool) -> None:
        super().__init__(message)
        self.may_succeed_later = may_succeed_later


class OutcomeUnknownError(Exception):
    """It is not known yet whether the write took effect. Nothing may be deleted, as in PyIceberg."""


class DecidingGlueCatalog(SteadyGlueCatalog):
    """A Glue catalog that determines the outcome of each write independently of Glue's response.

    ``writer`` sends each write once; ``reader`` reads, and may retry. ``credentials`` are those for files, as
    properties of the catalog; they are requested whenever files are opened.
    """

    def __init__(
        self,
        name: str,
        reader: "GlueClient",
        writer: "GlueClient",
        *,
        properties: Mapping[str, str],
        sleep: Callable[[float], None] | None = None,
        credentials: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        super().__init__(name, client=reader, **properties)
        self._sender = GlueCatalog(name, client=writer, **properties)
        self._sleep = sleep or time.sleep
        self._credentials = credentials

    def _load_file_io(self, properties: Mapping[str, str] = _NO_PROPERTIES, location: str | None = None) -> FileIO:
        """The reader and writer of files, with the current credentials: earlier ones may have expired."""
        self.properties |= self._credentials()
        return super()._load_file_io(dict(properties), location)

    def renew_credentials(self, table: Table) -> None:
        """Give a table that was loaded earlier the current credentials for reading and writing."""
        table.io = self._load_file_io(table.metadata.properties, table.metadata_location)

    def _find_outcome(self, write: "_Write", has_changed: bool) -> Outcome:
        """The outcome of a write, after several attempts if the table cannot be read or is outdated.

        ``has_changed``: Glue refused the write because the table had changed. Raises the errors of reading.
        """

        def read() -> Outcome:
            found = self._outcome(write)
            if found is Outcome.UNCLEAR or (has_changed and found is Outcome.UNCHANGED):
                raise _OldTableError
            return found

        return self._patience(_READS, lambda _: True)(read)

    def _outcome(self, write: "_Write") -> Outcome:
        try:
            found = self._get_glue_table(write.database, write.table)
        except NoSuchTableError:  # an existing table may be invisible for a moment
            return Outcome.UNCHANGED if write.before is None else Outcome.UNCLEAR
        points_to = found.get("Parameters", {}).get(METADATA_LOCATION)
        if points_to == write.written:
            return Outcome.LANDED
        if points_to == write.before:
            return Outcome.UNCHANGED
        if points_to is None:  # another's table, and none of Iceberg's
            return Outcome.OVERTAKEN
        later = self._convert_glue_to_iceberg(found).metadata
        superseded = {entry.metadata_file for entry in later.metadata_log}
        if write.written in superseded:
            return Outcome.LANDED
        return Outcome.OVERTAKEN if write.before is None or write.before in superseded else Outcome.UNCLEAR

    def _update_glue_table(
        self, database_name: str, table_name: str, table_input: "TableInputTypeDef", version_id: str
    ) -> None:
        self._send(
            _Write.of(database_name, table_name, table_input),
            lambda: self._sender._update_glue_table(database_name, table_name, table_input, version_id),
        )

    def _create_glue_table(self, database_name: str, table_name: str, table_input: "TableInputTypeDef") -> None:
        self._send(
            _Write.of(database_name, table_name, table_input),
            lambda: self._sender._create_glue_table(database_name, table_name, table_input),
        )

    def _send(self, write: "_Write", call: Callable[[], None]) -> None:
        """Returns if the write took effect, and otherwise raises an error that states the outcome."""
        self._patience(_SENDS, _may_succeed_later)(self._send_once, write, call)

    def _send_once(self, write: "_Write", call: Callable[[], None]) -> None:
        try:
            call()
        except Exception as error:
            try:
                outcome = self._find_outcome(write, write.was_lost and _may_be_own(error))
            except Exception as unreadable:
                if _is_refusal(error):
                    raise NotCommittedError(_message(error), may_succeed_later=False) from error
                seen = f"the table cannot be read since: {_message(unreadable)}"
                if isinstance(unreadable, _OldTableError):
                    seen = "Glue shows the table as it was earlier, or not at all"
                raise OutcomeUnknownError(f"{_message(error)}; and {seen}") from error
            if outcome is Outcome.LANDED:
                return
            write.was_lost |= _is_inconclusive(error)
            if outcome is Outcome.UNCHANGED:
                raise NotCommittedError(_message(error), _is_passing(error)) from error
            if write.before is None:
                raise TableAlreadyExistsError(f"Table {write.name} already exists") from error
            raise CommitFailedException(f"{write.name} has changed since: {_message(error)}") from error

    def _patience(self, attempts: int, again: Callable[[BaseException], bool]) -> Retrying:
        return Retrying(
            stop=stop_after_attempt(attempts),
            wait=wait_exponential_jitter(initial=1, max=15),
            retry=retry_if_exception(lambda error: isinstance(error, Exception) and again(error)),
            sleep=self._sleep,
            reraise=True,
        )


@dataclass
class _Write:
    """A write that changes a table's metadata from ``before`` to ``written``.

    ``before`` is None for a table that is created. ``was_lost``: the response to an earlier attempt did not show its
    outcome.
    """

    database: str
    table: str
    written: str
    before: str | None
    was_lost: bool = False

    @classmethod
    def of(cls, database: str, table: str, table_input: "TableInputTypeDef") -> "_Write":
        parameters = table_input["Parameters"]
        return cls(database, table, parameters[METADATA_LOCATION], parameters.get(PREVIOUS_METADATA_LOCATION))

    @property
    def name(self) -> str:
        return f"{self.database}.{self.table}"


def _may_succeed_later(error: BaseException) -> bool:
    return isinstance(error, NotCommittedError) and error.may_succeed_later


def _answer(error: Exception) -> ClientError | None:
    """Glue's response, if there was one: PyIceberg has its own exceptions for some responses."""
    return next((each for each in (error, error.__cause__) if isinstance(each, ClientError)), None)


def _is_passing(error: Exception) -> bool:
    answer = _answer(error)
    if answer is None:
        return True  # none came
    status = answer.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= 500 or status == 429 or answer.response["Error"].get("Code", "") in _SENT_AGAIN


def _is_inconclusive(error: Exception) -> bool:
    """Whether the write may have had its effect: no answer came, or one of an error within Glue."""
    answer = _answer(error)
    return answer is None or answer.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500


def _may_be_own(error: Exception) -> bool:
    """Whether Glue refuses a change that an earlier attempt may have made itself."""
    answer = _answer(error)
    return answer is not None and answer.response["Error"].get("Code") in _MAY_BE_OWN


def _is_refusal(error: Exception) -> bool:
    """Whether the response itself states that this client changed nothing, however often it tried."""
    answer = _answer(error)
    return answer is not None and not _is_passing(error) and not _may_be_own(error)


def _message(error: Exception) -> str:
    cause = _answer(error) or error
    return f"{type(cause).__name__}: {' '.join(str(cause).split())}"
