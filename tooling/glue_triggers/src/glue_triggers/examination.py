"""All problems of a pipeline: what is refused, never runs, runs twice, or exceeds a limit."""

from __future__ import annotations

from datetime import datetime

from glue_triggers.collisions import collisions
from glue_triggers.finding import Finding, worst_first
from glue_triggers.never_fires import never_fires
from glue_triggers.pipeline import Pipeline
from glue_triggers.refusals import refused
from glue_triggers.simulation import Year, simulate


def examine(pipeline: Pipeline, now: datetime) -> tuple[Year, tuple[Finding, ...]]:
    """The year after a moment, and the findings in it: the worst first, then by address."""
    year = simulate(pipeline, now)
    found = dict.fromkeys([*refused(pipeline, now), *never_fires(pipeline, now), *collisions(pipeline, year)])
    return year, tuple(sorted(found, key=worst_first))
