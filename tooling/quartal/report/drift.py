"""The distribution of each feature in each quarter, and how far it moved from the quarter before.

The measure is the population stability index. With p and q the shares of the earlier and the later quarter in each bin,

    PSI = sum over bins of (q - p) * ln(q / p)

It is 0 for equal shares, never negative, and for given bins the same from either side. Bins are the deciles of the
earlier quarter, and one more for missing values. An empty bin counts as a share of 0.0001, without which a single one
would make the index infinite.

Source: B. Yurdakul, Statistical Properties of Population Stability Index, Western Michigan University 2018,
https://scholarworks.wmich.edu/dissertations/3208. What is called small (below 0.1) and large (above 0.25) is a
convention of credit scoring, not a test: N. Siddiqi, Credit Risk Scorecards, Wiley 2006.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from quartal.features.diff import feature_key

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

QUARTER = "quarter"
MODERATE, LARGE = 0.1, 0.25
LEAST_SHARE = 0.0001
_DECILES = tuple(number / 10 for number in range(1, 10))


class Drift(StrEnum):
    """The conventional meaning of an index's size."""

    SMALL = "small"
    MODERATE = "moderate"
    LARGE = "large"


@dataclass(frozen=True, slots=True)
class Distribution:
    """One feature in one quarter. Quantiles are values that occur; all are None if every value is missing.

    Attributes:
        rows: rows of the quarter.
        missing: how many of them have no value, or NaN.
    """

    quarter: str
    rows: int
    missing: int
    mean: float | None
    minimum: float | None
    percentile_10: float | None
    lower_quartile: float | None
    median: float | None
    upper_quartile: float | None
    percentile_90: float | None
    maximum: float | None


@dataclass(frozen=True, slots=True)
class Step:
    """From one quarter to the next: the index, and the shares that it was computed from.

    Attributes:
        before: the earlier quarter.
        after: the later quarter.
        psi: population stability index.
        drift: what the convention calls it.
        upper_edges: upper ends of the bins, each included; the last bin has none.
        counts_before: rows of the earlier quarter by bin; the last one counts missing values.
        counts_after: the same of the later quarter.
    """

    before: str
    after: str
    psi: float
    drift: Drift
    upper_edges: tuple[float, ...]
    counts_before: tuple[int, ...]
    counts_after: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FeatureHistory:
    """One numeric feature over the quarters, the oldest first."""

    feature: str
    distributions: tuple[Distribution, ...]
    steps: tuple[Step, ...]

    @property
    def largest_psi(self) -> float:
        """The largest step; 0 if there is only one quarter."""
        return max((step.psi for step in self.steps), default=0.0)


def classify_drift(psi: float) -> Drift:
    """Below 0.1 small, up to 0.25 moderate, above large: a convention, see the module."""
    return Drift.SMALL if psi < MODERATE else Drift.MODERATE if psi <= LARGE else Drift.LARGE


def population_stability_index(before: Sequence[int], after: Sequence[int]) -> float:
    """The index of two counts over the same bins, see the module for the formula and its source.

    Raises:
        ValueError: the bins differ in number, or one side counts nothing.
    """
    if len(before) != len(after) or not sum(before) or not sum(after):
        raise ValueError(f"not two counts over the same bins: {before!r}, {after!r}")
    shares = [(_share(p, sum(before)), _share(q, sum(after))) for p, q in zip(before, after, strict=True)]
    return math.fsum((q - p) * math.log(q / p) for p, q in shares)


def numeric_features(schema: pa.Schema) -> tuple[str, ...]:
    """The numeric columns that are not part of the key, in the table's order."""
    import pyarrow.types as types

    key = feature_key(schema.names)
    return tuple(
        field.name
        for field in schema
        if field.name not in key
        and (types.is_integer(field.type) or types.is_floating(field.type) or types.is_decimal(field.type))
    )


def feature_histories(features: pa.Table, names: Sequence[str]) -> tuple[FeatureHistory, ...]:
    """The distribution of each named feature in each quarter, and its steps. Columns are read one after the other.

    Args:
        features: at least the column `quarter` and the named ones.
        names: numeric columns, see `numeric_features`.
    """
    import duckdb

    with duckdb.connect() as database:
        database.execute("SET enable_external_access = false")
        database.register("features", features)
        return tuple(_history(database, name) for name in names)


def _history(database: duckdb.DuckDBPyConnection, name: str) -> FeatureHistory:
    number = f"CAST({_quoted(name)} AS DOUBLE)"
    database.execute(
        f"CREATE OR REPLACE TEMP VIEW states AS SELECT {QUARTER}, "  # noqa: S608  # names are quoted
        f"CASE WHEN NOT isnan({number}) THEN {number} END AS value FROM features WHERE {QUARTER} IS NOT NULL"
    )
    summaries = database.execute(_SUMMARIES, [[*_DECILES, 0.25, 0.75]]).fetchall()
    distributions, edges = [], []
    for quarter, rows, missing, mean, minimum, maximum, quantiles in summaries:
        found = quantiles or [None] * 11
        distributions.append(
            Distribution(
                quarter=quarter,
                rows=rows,
                missing=missing,
                mean=mean,
                minimum=minimum,
                percentile_10=found[0],
                lower_quartile=found[9],
                median=found[4],
                upper_quartile=found[10],
                percentile_90=found[8],
                maximum=maximum,
            )
        )
        edges.append(tuple(sorted({edge for edge in found[:9] if edge is not None})))
    pairs = zip(distributions, distributions[1:], edges, strict=False)
    return FeatureHistory(
        name, tuple(distributions), tuple(_step(database, a.quarter, b.quarter, e) for a, b, e in pairs)
    )


_SUMMARIES = """
SELECT quarter, count(*), count(*) - count(value),
       avg(value) FILTER (isfinite(value)), min(value), max(value), quantile_disc(value, $1)
FROM states GROUP BY quarter ORDER BY quarter
"""
_BINS = """
SELECT quarter, CASE WHEN value IS NULL THEN len($1::DOUBLE[]) + 1
                     ELSE len(list_filter($1::DOUBLE[], lambda edge: edge < value)) END AS bin, count(*)
FROM states WHERE quarter IN ($2, $3) GROUP BY ALL
"""


def _step(database: duckdb.DuckDBPyConnection, before: str, after: str, edges: tuple[float, ...]) -> Step:
    counts = {before: [0] * (len(edges) + 2), after: [0] * (len(edges) + 2)}
    for quarter, position, count in database.execute(_BINS, [list(edges), before, after]).fetchall():
        counts[quarter][position] = count
    earlier, later = tuple(counts[before]), tuple(counts[after])
    psi = population_stability_index(earlier, later)
    return Step(before, after, psi, classify_drift(psi), edges, earlier, later)


def _share(count: int, total: int) -> float:
    return max(count / total, LEAST_SHARE)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
