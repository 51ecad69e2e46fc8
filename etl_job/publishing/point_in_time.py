"""The content of each quarter's tag: days up to the last one counted in it, whichever delivery they came with.

A delivery belongs to the quarter of its last day, or to the quarter that it is named for if that is later. If a tag
contains rows of deliveries of a later quarter, its record names these deliveries.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from etl_job.tables.quarter_tags import QUARTER_NAME, QuarterTag, renewed_quarters

_EARLIEST, _LATEST = "0000Q1", "9999Q4"


@dataclass(frozen=True, slots=True)
class KeptDays:
    """The first and the last day of rows that a delivery, or one file of it, has in the curated table."""

    delivery: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class DeliveriesSharingKeys:
    """Which deliveries may have taken rows from which; ``deliveries`` are all that exist.

    ``processed`` are those of this run, ``again`` those among them that had been published before, ``losers`` those of
    which a row is a duplicate or in conflict. ``conflicts`` is the contract's policy; None if the contract has no key,
    so that no row can be another's duplicate.
    """

    conflicts: str | None
    deliveries: Collection[str] = ()
    processed: Collection[str] = ()
    again: Collection[str] = ()
    losers: Collection[str] = ()

    def takers(self, earlier: Collection[str], later: Collection[str], recorded: bool) -> set[str]:
        """The later deliveries that may have taken a row from an earlier one.

        If earlier ones are ``recorded``, a delivery that the run did not process can have lost further rows only to
        deliveries that it was compared with before.
        """
        if not recorded:
            return self._takers(earlier, later)
        lost = {name for name in earlier if name in self.losers}
        unseen = {name for name in earlier if name not in self.processed}
        return self._takers(lost, later) | self._takers(unseen, {name for name in later if name in self.again})

    def _takers(self, losers: Collection[str], others: Iterable[str]) -> set[str]:
        if self.conflicts is None or not losers:
            return set()
        if self.conflicts == "keepFirst":
            return {name for name in others if name < max(losers)}
        if self.conflicts == "keepLast":
            return {name for name in others if name > min(losers)}
        return set(others)


@dataclass(frozen=True, slots=True)
class QuarterPlan:
    """The quarters whose tags a run sets, the last day counted up to the end of each, and the days kept after it.

    ``replaced`` are the removed days; None if the features did not match the curated table.
    """

    quarters: tuple[str, ...]
    counted_to: Mapping[str, date | None]
    kept: tuple[KeptDays, ...]
    replaced: tuple[KeptDays, ...] | None
    keys: DeliveriesSharingKeys

    @classmethod
    def of(
        cls,
        standing: Mapping[str, QuarterTag | None],
        kept: tuple[KeptDays, ...],
        *,
        replaced: tuple[KeptDays, ...] | None,
        changed_from: str | None,
        look_up: Callable[[Sequence[str]], Mapping[str, date]],
        keys: DeliveriesSharingKeys,
    ) -> "QuarterPlan":
        """``changed_from`` is the first quarter whose features the run computes, or takes away, if there is one."""
        there = quarters_between(min(each.first for each in kept), max(each.last for each in kept)) if kept else ()
        quarters = renewed_quarters(standing, there, changed_from)
        return cls(quarters, last_counted_days(kept, quarters, look_up), kept, replaced, keys)

    def empty_ends(self) -> dict[str, date]:
        """The quarters with events, but none at their end before a later quarter began, with the last day counted.

        Their last days belong to no tag before that of the later quarter, and so to a file of their own. So do all
        days of a quarter without an event, which need no such file.
        """
        last = max((each.last for each in self.kept), default=date.min)
        found = {quarter: day for quarter, day in self.counted_to.items() if day and quarter_of(day) == quarter}
        return {quarter: day for quarter, day in found.items() if day < last_day_of(quarter) < last}

    def tags(
        self, standing: Mapping[str, QuarterTag | None], changed: Collection[str] | None
    ) -> tuple[QuarterTag, ...]:
        """The tags to set, with their records.

        ``standing`` are the tags before the run; ``changed`` names the deliveries added or removed since the features
        were last computed, or None if that is unknown.
        """
        firsts: dict[str, date] = {}
        for each in (*self.kept, *(self.replaced or ())):
            firsts[each.delivery] = min(each.first, firsts.get(each.delivery, each.first))
        names = firsts.keys() if changed is None else changed
        if self.replaced is None:  # what they held before is not known
            changes = dict.fromkeys(names, date.min)
        else:
            changes = {name: firsts[name] for name in names if name in firsts}
        return tuple(
            QuarterTag(
                quarter,
                self.counted_to[quarter],
                _later(quarter, standing, self.kept, self.keys),
                _corrected_by(quarter, standing, changes),
            )
            for quarter in self.quarters
        )


def quarter_of(day: date) -> str:
    """The quarter's name, for instance 2024Q1."""
    return f"{day.year:04d}Q{(day.month + 2) // 3}"


def last_day_of(quarter: str) -> date:
    """March 31st of 2024 for 2024Q1."""
    year, number = int(quarter[:4]), int(quarter[-1])
    return date(year, number * 3, 31 if number in (1, 4) else 30)


def quarters_between(first: date, last: date) -> tuple[str, ...]:
    """Every quarter from that of the first day to that of the last one, in order."""
    from_number, to_number = (day.year * 4 + (day.month - 1) // 3 for day in (first, last))
    return tuple(f"{number // 4:04d}Q{number % 4 + 1}" for number in range(from_number, to_number + 1))


def last_counted_days(
    kept: Sequence[KeptDays],
    quarters: Iterable[str],
    look_up: Callable[[Sequence[str]], Mapping[str, date]],
) -> dict[str, date | None]:
    """For each quarter, the last day up to its end on which anything was counted; None if there is none.

    Most are known from the first and last days of files. ``look_up`` returns the last day counted in each of some
    quarters, if there is one; it is called at most once.
    """
    if not kept:
        return dict.fromkeys(quarters)
    begin, end = min(each.first for each in kept), max(each.last for each in kept)
    every = quarters_between(begin, end)
    within: dict[str, date | None] = dict.fromkeys(every)
    for day in (day for each in kept for day in (each.first, each.last)):
        within[quarter_of(day)] = max(within[quarter_of(day)] or day, day)
    # A quarter may have later days than these if something begins before its end and continues after it.
    ends = {quarter: last_day_of(quarter) for quarter in every if within[quarter] != last_day_of(quarter)}
    unknown = [quarter for quarter, end in ends.items() if any(each.first <= end < each.last for each in kept)]
    found: dict[str, date | None] = {}
    for quarter in quarters:
        earlier = [each for each in reversed(every) if each <= quarter]
        latest = next((each for each in earlier if within[each] or each in unknown), None)
        if latest in unknown:
            within |= dict.fromkeys(unknown) | dict(look_up(unknown))
            unknown = []
            latest = next((each for each in earlier if within[each]), None)
        found[quarter] = within[latest] if latest else None
    return found


def _later(
    quarter: str, standing: Mapping[str, QuarterTag | None], kept: Sequence[KeptDays], keys: DeliveriesSharingKeys
) -> tuple[str, ...]:
    end = last_day_of(quarter)
    comes_with: dict[str, str] = {}
    for each in kept:
        comes_with[each.delivery] = max(
            comes_with.get(each.delivery, _EARLIEST), quarter_of(each.last), _named(each.delivery) or _EARLIEST
        )
    reaching_in = {each.delivery for each in kept if each.first <= end and comes_with[each.delivery] > quarter}
    # The time of one without days is unknown, unless its name has it. It has lost all of its rows, and none to
    # it is another's unless both are quarantined.
    names = {*comes_with, *keys.deliveries}
    may_have_lost = {name for name in names if (comes_with.get(name) or _named(name) or _EARLIEST) <= quarter}
    takers = names if keys.conflicts == "quarantineBoth" else comes_with.keys()
    may_have_taken = {name for name in takers if (comes_with.get(name) or _named(name) or _LATEST) > quarter}
    # Earlier losses are in the record of this tag, or of the newest one; for a quarter that only now has events
    # before those of others, and by an earlier version of the job, nothing was recorded.
    newest = max(standing, default=quarter)
    before = standing.get(quarter if quarter in standing else newest)
    recorded = before is not None and not before.is_ahead and (quarter in standing or newest < quarter)
    if not standing:
        recorded = names <= set(keys.processed)
    taken = keys.takers(may_have_lost, may_have_taken, recorded)
    carried = set(before.later_deliveries) & may_have_taken if before else set()
    return tuple(sorted(reaching_in | taken | carried))


def _named(delivery: str) -> str | None:
    return delivery if QUARTER_NAME.fullmatch(delivery) else None


def _corrected_by(
    quarter: str, standing: Mapping[str, QuarterTag | None], changed: Mapping[str, date]
) -> tuple[str, ...]:
    """``changed`` has the first day for which a delivery had rows before or after its change."""
    if quarter not in standing:
        return ()
    before = standing[quarter]
    held_to = (before.days_to if before else None) or last_day_of(quarter)
    now = {delivery for delivery, first in changed.items() if first <= held_to}
    return tuple(sorted(now.union(before.corrected_by if before else ())))
