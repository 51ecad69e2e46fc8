"""The physical plans of a run's queries as text that is the same each time, to keep and to compare.

A plan is a tree of operators; those marked with a star are compiled together. A shuffle is an Exchange.
"""

import os
import re
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

from pyspark.sql import SparkSession

FOLDER = Path(__file__).with_name("plans")
WRITE = "QUARTAL_WRITE_PLANS"


class ExecutedPlans:
    """The plans of the queries that a session ran since this was made."""

    def __init__(self, spark: SparkSession) -> None:
        self._bus = spark.sparkContext._jsc.sc().listenerBus()
        self._store = spark._jsparkSession.sharedState().statusStore()
        self._first = len(self._all())

    def _all(self) -> list[str]:
        self._bus.waitUntilEmpty()
        found = self._store.executionsList()
        executions = [found.apply(place) for place in range(found.size())]
        return [each.physicalPlanDescription() for each in sorted(executions, key=lambda each: each.executionId())]

    def text(self) -> str:
        """Each distinct tree, in order of the texts: queries that run at the same time have no order."""
        trees = {tree for described in self._all()[self._first :] for tree in trees_of(described)}
        return "\n\n".join(sorted(trees)) + "\n"


def trees_of(described: str) -> Iterator[str]:
    """The operators of a plan, and apart from it those of each frame that it keeps in memory."""
    tree = described.partition("== Physical Plan ==\n")[2].partition("\n\n")[0]
    lines = [re.sub(r" +(\(\d+\))?$", "", line) for line in tree.splitlines()]
    yield from _apart([(len(line) - len(line.lstrip(" :+-")), line.lstrip(" :+-")) for line in lines])


def _apart(lines: list[tuple[int, str]]) -> Iterator[str]:
    kept: list[str] = []
    place = 0
    while place < len(lines):
        depth, operator = lines[place]
        kept.append(" " * (depth - lines[0][0]) + operator)
        place += 1
        if operator == "InMemoryRelation":
            below = list(takewhile(lambda line, depth=depth: line[0] > depth, lines[place:]))
            yield from _apart(below)
            place += len(below)
    yield "\n".join(kept)


def assert_as_kept(name: str, plans: str) -> None:
    """Compare with the plans in the folder; QUARTAL_WRITE_PLANS=1 keeps these instead."""
    kept = FOLDER / f"{name}.txt"
    if os.environ.get(WRITE):
        FOLDER.mkdir(exist_ok=True)
        kept.write_text(plans)
    assert plans == kept.read_text(), f"other plans than before; if they are meant, keep them with {WRITE}=1"
