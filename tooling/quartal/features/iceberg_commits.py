"""Commits to published tables. The table itself, not the answer, decides whether a commit took effect.

An answer can be lost after its commit took effect, and a repetition then conflicts with the first call (G35). So a
commit is sent once; after any error the table is loaded again: it holds the change; or it does not, and the commit may
be repeated; or it cannot be read, and nothing may be deleted.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from quartal.core.errors import AwsError, PipelineError, QuartalError, UnknownOutcomeError
from quartal.core.failed_calls import CONFLICT, Effect, call_effect, describe_error
from quartal.core.retries import is_transient, retry_transient
from quartal.features.table_reading import readable_metadata

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from pyiceberg.catalog import Catalog
    from pyiceberg.table import Table

Sleep = Callable[[float], None]

_ATTEMPTS = 4
_LOOKS = 3  # after a lost answer: the second or third look sees a commit that was still on its way
_FIRST_PAUSE_S = 1.0
_READ_PATIENCE_S = 30.0
_WRITES = frozenset({"create_table", "update_table", "delete_table"})


class CommitsOnce:
    """A Glue client that sends each write once and repeats reads."""

    def __init__(self, reads: GlueClient, writes: GlueClient) -> None:
        self._reads = reads
        self._writes = writes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writes if name in _WRITES else self._reads, name)


def committing_client(reads: GlueClient, writes: GlueClient) -> GlueClient:
    """See CommitsOnce; typed as what PyIceberg takes."""
    return cast("GlueClient", CommitsOnce(reads, writes))


@dataclass(frozen=True, slots=True)
class Change:
    """A change to commit.

    Attributes:
        what: the change in words that fit between "whether" and "took effect".
        make: commits it to a table.
        has_effect: whether a table holds the change.
        show: the command that shows it.
        again: the command that tries it again.
    """

    what: str
    make: Callable[[Table], object]
    has_effect: Callable[[Table], bool]
    show: str
    again: str


def load_with_retries(catalog: Catalog, identifier: str | tuple[str, ...], sleep: Sleep = time.sleep) -> Table:
    """The current state of a table; errors that may pass are waited for.

    Raises:
        AwsError: it cannot be read, since answers are cut off or a file is missing.
        ClientError: Glue refuses it.
        NoSuchTableError: there is none.
        PipelineError: its metadata is not what PyIceberg reads.
    """
    from botocore.parsers import ResponseParserError  # slow to load, and only needed before a commit

    half = (KeyError, TypeError, ResponseParserError)  # the errors of an incomplete response

    def may_be_whole(error: BaseException) -> bool:
        return is_transient(error) or isinstance(error, half)

    name = identifier if isinstance(identifier, str) else ".".join(identifier)
    try:
        with readable_metadata(name):
            return retry_transient(
                lambda: catalog.load_table(identifier), outage_s=_READ_PATIENCE_S, is_worth_it=may_be_whole, sleep=sleep
            )
    except (*half, OSError) as error:
        raise AwsError(
            f"Table {name} could not be read: {describe_error(error)}.",
            remedy="Run the command again; `quartal doctor` checks the connection.",
        ) from error


def commit(table: Table, change: Change, sleep: Sleep = time.sleep) -> Table:
    """Make a change and return the table that holds it.

    Raises:
        PipelineError: the change did not take effect; the message has the reason.
        QuartalError: `change.make` refused.
        UnknownOutcomeError: it is not known whether it took effect.
    """
    name = ".".join(table.name())
    pause_s = _FIRST_PAUSE_S
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            change.make(table)
        except QuartalError:
            raise
        except Exception as error:  # after any error, the table decides
            failure, effect = error, _effect(error)
        else:
            return table  # PyIceberg has updated it; another request could only fail
        found = _found_after(table, change, failure, effect, sleep)
        if found is not None and change.has_effect(found):
            return found
        if effect is Effect.REFUSED or attempt == _ATTEMPTS or found is None:
            break
        table = found
        sleep(pause_s)
        pause_s *= 2
    if _is_conflict(failure):
        raise PipelineError(
            f"{name} was changed in the meantime, so {change.what} did not take effect.",
            remedy=f"Try again when the run has ended: {change.again}.",
        ) from failure
    raise PipelineError(
        f"{name} is unchanged: {change.what} did not take effect. {describe_error(failure)}.",
        remedy=f"Try again when the cause is fixed: {change.again}.",
    ) from failure


def _found_after(table: Table, change: Change, failure: Exception, effect: Effect, sleep: Sleep) -> Table | None:
    """The table after a failed attempt; None if it cannot be read although the attempt had no effect.

    Raises:
        UnknownOutcomeError: the attempt may have had an effect, and the table cannot be read.
    """
    pause_s = _FIRST_PAUSE_S
    found: Table | None = None
    for look in range(_LOOKS if effect is Effect.UNKNOWN else 1):
        if look:
            sleep(pause_s)
            pause_s *= 2
        try:
            found = load_with_retries(table.catalog, table.name(), sleep)
        except Exception as error:
            if effect in (Effect.REFUSED, Effect.NOT_YET):
                return None
            raise UnknownOutcomeError(
                f"It is not known whether {change.what} took effect in {'.'.join(table.name())}: the answer was lost "
                f"({describe_error(failure)}), and the table could not be read afterwards ({describe_error(error)}).",
                remedy=f"{change.show} shows it; repeating {change.again} does no harm.",
            ) from failure
        if change.has_effect(found):
            break
    return found


def _effect(error: Exception) -> Effect:
    from pyiceberg.exceptions import NoSuchTableError

    if isinstance(error, NoSuchTableError):
        return Effect.REFUSED
    return Effect.NOT_YET if _is_conflict(error) else call_effect(error)


def _is_conflict(error: Exception) -> bool:
    from pyiceberg.exceptions import CommitFailedException

    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code", "") == CONFLICT
    return isinstance(error, CommitFailedException)
