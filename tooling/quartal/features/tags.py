"""Tags of a published table: names by which a state can be read for as long as the tag exists."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from quartal.core.errors import ConfigurationError
from quartal.features.iceberg_commits import Change, Sleep, commit
from quartal.features.table_reading import last_days
from quartal.features.table_records import (
    correcting_deliveries,
    later_deliveries,
    recorded_last_day,
    run_of_snapshot,
    source_snapshot,
    summary_value,
)

if TYPE_CHECKING:
    from pyiceberg.table import Table
    from pyiceberg.table.snapshots import Snapshot

_DAY = "day"
_MOST_DIGITS = 19  # of a snapshot's id
_QUARTER = re.compile(r"(?!0000)[0-9]{4}Q[1-4]")
_OWN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,99}")
_BEGINNING_OF_RUN = re.compile(r"(wr|jr)_[0-9a-f]{4,}")
_JOBS_NAME = re.compile(r"main|\d{4}Q[1-4]|(wr|jr)_[0-9a-f]+")  # branch, quarters, runs as Glue names them


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag and the snapshot that it names.

    Attributes:
        name: a quarter such as 2024Q1, or the id of the run that committed the snapshot.
        snapshot_id: Iceberg's.
        committed: when the snapshot was committed.
        rows: rows of the whole table in that snapshot; None if its summary does not say.
        run_id: the run that committed it; empty if its summary does not say.
        days_to: the last day with rows; None if it has no rows.
        holds_more: whether that day is after the tag's quarter: an earlier version of the job let the tag name the
            state after a whole run.
        later_deliveries: for a quarter's tag, deliveries of later quarters that added rows to it, or may have taken
            some from it.
        corrected_by: for a quarter's tag, deliveries with its days that were processed again, or withdrawn, after its
            first publication.
    """

    name: str
    snapshot_id: int
    committed: datetime
    rows: int | None
    run_id: str
    days_to: date | None = None
    holds_more: bool = False
    later_deliveries: tuple[str, ...] = ()
    corrected_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """The state of a name: a snapshot, and the state's last day if the snapshot holds later ones."""

    name: str
    snapshot_id: int
    up_to: date | None = None


def list_tags(table: Table) -> tuple[Tag, ...]:
    """All tags of a table, in the order of their snapshots, then by name."""
    found = tuple(filter(None, (tag_named(table, name) for name in table.refs())))
    numbers = {each.snapshot_id: each.sequence_number or 0 for each in table.metadata.snapshots}
    return tuple(sorted(found, key=lambda tag: (numbers[tag.snapshot_id], tag.name)))


def tag_named(table: Table, name: str) -> Tag | None:
    """The tag of this name; None if there is none."""
    reference = table.refs().get(name)
    snapshot = table.snapshot_by_id(reference.snapshot_id) if reference else None
    if reference is None or reference.snapshot_ref_type != "tag" or snapshot is None:
        return None
    rows, days_to = summary_value(snapshot, "total-records"), last_day_in(table, snapshot)
    of_quarter = is_quarter(name)
    return Tag(
        name=name,
        snapshot_id=snapshot.snapshot_id,
        committed=datetime.fromtimestamp(snapshot.timestamp_ms / 1000, UTC),
        rows=int(rows) if rows is not None else None,
        run_id=run_of_snapshot(snapshot) or "",
        days_to=days_to,
        holds_more=_ends_before(name, days_to),
        later_deliveries=later_deliveries(table, snapshot) if of_quarter else (),
        corrected_by=correcting_deliveries(table, snapshot) if of_quarter else (),
    )


def last_day_in(table: Table, snapshot: Snapshot) -> date | None:
    """The last day with rows in a snapshot, from its summary, or else from the bounds of its files."""
    days_to = recorded_last_day(table, snapshot)
    if days_to is not None:
        return days_to
    return max(last_days(table, snapshot.snapshot_id, _DAY), default=None)


def is_quarter(name: str) -> bool:
    """Whether a name is that of a quarter, such as 2024Q1."""
    return _QUARTER.fullmatch(name) is not None


def last_day_of(quarter: str) -> date:
    """March 31st of 2024 for 2024Q1."""
    month = int(quarter[-1]) * 3
    return date(int(quarter[:4]), month, 31 if month in (3, 12) else 30)


def _ends_before(name: str, days_to: date | None) -> bool:
    return days_to is not None and is_quarter(name) and last_day_of(name) < days_to


def state_named(table: Table, name: str) -> State:
    """The state that a tag, a branch or a snapshot id names; for a quarter's tag, without days after that quarter.

    Raises:
        ConfigurationError: there is none of that name; the remedy lists the tags.
    """
    snapshot = snapshot_named(table, name)
    may_end = is_quarter(name) and not _is_branch(table, name)
    up_to = last_day_of(name) if may_end and _ends_before(name, last_day_in(table, snapshot)) else None
    return State(name, snapshot.snapshot_id, up_to)


def is_in_step(curated: Table, features: Table) -> bool:
    """Whether the features were computed from the current curated table, by the job's own criteria."""
    from etl_job.tables.snapshot_change import is_last_of_its_run  # which help need not load

    now, then = curated.current_snapshot(), features.current_snapshot()
    if now is not None and then is not None and source_snapshot(features, then) == now.snapshot_id:
        return is_last_of_its_run(features.metadata)
    return all(each is None or summary_value(each, "total-records") == "0" for each in (now, then))


def find_snapshot(table: Table, name: str) -> Snapshot | None:
    """The snapshot that a tag, a branch or a snapshot id names; None if there is none.

    The first characters of a run's tag are enough if no other tag begins with them.
    """
    by_name = table.snapshot_by_name(name)
    if by_name is not None:
        return by_name
    if name.isdecimal():
        return table.snapshot_by_id(int(name)) if len(name) <= _MOST_DIGITS else None
    tags = (each for each in table.refs() if not _is_branch(table, each))
    begin_so = [tag for tag in tags if _BEGINNING_OF_RUN.fullmatch(name) and tag.startswith(name)]
    return table.snapshot_by_name(begin_so[0]) if len(begin_so) == 1 else None


def snapshot_named(table: Table, name: str) -> Snapshot:
    """The snapshot that a tag, a branch or a snapshot id names.

    Raises:
        ConfigurationError: there is none of that name; the remedy lists the tags.
    """
    snapshot = find_snapshot(table, name)
    if snapshot is None:
        known = ", ".join(tag.name for tag in list_tags(table)) or "none yet"
        raise ConfigurationError(
            f"Table {'.'.join(table.name())} has no tag and no snapshot '{name}'.", remedy=f"Its tags: {known}."
        )
    return snapshot


def set_tag(table: Table, name: str, snapshot_id: int, sleep: Sleep = time.sleep) -> bool:
    """Tag a snapshot with a name of one's own; it is kept and can be read by it until the tag is deleted.

    Returns:
        Whether the tag is new; False if that snapshot has this name already.

    Raises:
        ConfigurationError: the name is reserved or names another snapshot, or the snapshot is no longer kept.
        PipelineError: the tag is not set; the message has the reason.
        UnknownOutcomeError: it is not known whether it is set.
    """
    if not _OWN_NAME.fullmatch(name) or _JOBS_NAME.fullmatch(name):
        raise ConfigurationError(
            f"'{name}' cannot be the name of a tag of your own.",
            remedy="Begin with a letter and use letters, digits, '.', '_' and '-'; quarters such as 2024Q1, 'main' and "
            "ids of runs are reserved for the job.",
        )
    if _names(table, name, snapshot_id):
        return False

    def make(current: Table) -> None:
        if current.snapshot_by_id(snapshot_id) is None:
            raise ConfigurationError(
                f"Snapshot {snapshot_id} is no longer kept, so it cannot be tagged.",
                remedy="`quartal tags` lists the states that are kept.",
            )
        existing = current.refs().get(name)
        if _is_branch(current, name):
            raise ConfigurationError(
                f"'{name}' is a branch of {'.'.join(table.name())}, and a tag would take its place.",
                remedy="Choose another name.",
            )
        if existing is not None:
            raise ConfigurationError(
                f"'{name}' already names another state, snapshot {existing.snapshot_id}.",
                remedy=f"Choose another name, or delete that tag first: `quartal tag {name} --delete`.",
            )
        current.manage_snapshots().create_tag(snapshot_id, name).commit()

    tag = Change(
        f"tag '{name}'",
        make,
        lambda now: _names(now, name, snapshot_id),
        show="`quartal tags`",
        again=f"`quartal tag {name}`",
    )
    commit(table, tag, sleep)
    return True


def _names(table: Table, name: str, snapshot_id: int) -> bool:
    """Whether it is a tag of that snapshot."""
    reference = table.refs().get(name)
    return reference is not None and not _is_branch(table, name) and reference.snapshot_id == snapshot_id


def _is_branch(table: Table, name: str) -> bool:
    reference = table.refs().get(name)
    return reference is not None and reference.snapshot_ref_type == "branch"


def remove_tag(table: Table, name: str, sleep: Sleep = time.sleep) -> None:
    """Delete a tag of one's own. `quartal maintenance` later removes snapshots without a tag.

    Raises:
        ConfigurationError: there is no such tag, or it is one of the job.
        PipelineError: the tag still exists; the message has the reason.
        UnknownOutcomeError: it is not known whether it still exists.
    """
    found = {tag.name: tag for tag in list_tags(table)}.get(name)
    if found is None:
        known = ", ".join(tag.name for tag in list_tags(table)) or "none yet"
        raise ConfigurationError(f"Table {'.'.join(table.name())} has no tag '{name}'.", remedy=f"Its tags: {known}.")
    if _JOBS_NAME.fullmatch(name) or name == found.run_id:
        raise ConfigurationError(
            f"'{name}' is a tag of the job, which other readers may use.",
            remedy="It stays: tags of quarters are kept forever, those of runs until newer runs replace them.",
        )
    removal = Change(
        f"the removal of tag '{name}'",
        lambda now: now.manage_snapshots().remove_tag(name).commit(),
        lambda now: not _names(now, name, found.snapshot_id),
        show="`quartal tags`",
        again=f"`quartal tag {name} --delete`",
    )
    commit(table, removal, sleep)
