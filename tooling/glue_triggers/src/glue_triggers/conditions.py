"""When the predicate of a trigger holds: all of its conditions, or any of them (G4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

SUCCEEDED = "SUCCEEDED"


class Kind(StrEnum):
    """The kinds of nodes that triggers start and conditions watch."""

    JOB = "JOB"
    CRAWLER = "CRAWLER"


@dataclass(frozen=True, slots=True, order=True)
class Node:
    """A job or a crawler, by its name."""

    kind: Kind
    name: str

    @classmethod
    def from_request(cls, action: Mapping[str, Any]) -> Node:
        """The job or crawler that an action of Glue's API starts, or that a condition watches."""
        if action.get("JobName"):
            return cls(Kind.JOB, str(action["JobName"]))
        return cls(Kind.CRAWLER, str(action.get("CrawlerName") or ""))

    def __str__(self) -> str:
        return f"{self.kind.lower()} {self.name}"


@dataclass(frozen=True, slots=True)
class End:
    """How a run of a job or a crawl ended.

    Attributes:
        node: the job or crawler.
        state: the state that it ended in, as Glue writes it.
        run_id: the job run; empty for a crawl.
    """

    node: Node
    state: str
    run_id: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """A job or crawler, and the state that its run must end in."""

    node: Node
    state: str

    def is_met_by(self, end: End) -> bool:
        """Whether this end satisfies the condition."""
        return self.node == end.node and self.state == end.state


@dataclass(frozen=True, slots=True)
class Predicate:
    """The conditions of a trigger; with `is_any` one of them is enough."""

    conditions: tuple[Condition, ...] = ()
    is_any: bool = False

    @classmethod
    def from_request(cls, predicate: Mapping[str, Any] | None) -> Predicate:
        """The predicate of a request to Glue's API; one without conditions never holds."""
        request = predicate or {}
        return cls(
            tuple(
                Condition(Node.from_request(entry), str(entry.get("State") or entry.get("CrawlState")))
                for entry in request.get("Conditions") or ()
            ),
            request.get("Logical") == "ANY",
        )

    @property
    def nodes(self) -> frozenset[Node]:
        """The jobs and crawlers that are watched."""
        return frozenset(condition.node for condition in self.conditions)

    def met_by(self, ends: Iterable[End]) -> dict[int, End]:
        """The satisfied conditions by position, each with the last end that satisfies it."""
        met: dict[int, End] = {}
        for end in ends:
            met.update({at: end for at, condition in enumerate(self.conditions) if condition.is_met_by(end)})
        return dict(sorted(met.items()))

    def holds(self, ends: Iterable[End]) -> bool:
        """Whether enough of the conditions are met by these ends."""
        met = len(self.met_by(ends))
        return met > 0 if self.is_any else 0 < met == len(self.conditions)

    def waits_for(self, end: End) -> bool:
        """Whether this end satisfies one of the conditions."""
        return any(condition.is_met_by(end) for condition in self.conditions)


def ended_since(
    ended: Mapping[Node, End], predicate: Predicate, end: End
) -> tuple[dict[Node, End], tuple[End, ...] | None]:
    """The ends that a trigger outside any workflow remembers after one more, and those that make it fire, if it fires.

    The newest end of each job and crawler counts; after a trigger has fired, it waits for all of them again.
    """
    if end.node not in predicate.nodes:
        return dict(ended), None
    known = {**ended, end.node: end}
    if predicate.waits_for(end) and predicate.holds(known.values()):
        return {}, tuple(predicate.met_by(known.values()).values())
    return known, None
