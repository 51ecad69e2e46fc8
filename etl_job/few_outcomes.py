"""Outcomes few enough for the driver's memory: the lines of ``accounting.count_plain_outcomes`` as an Arrow table.

For some thousand lines Spark would take longer to plan and to compile a query than it takes to work on all of them.
Contracts whose rows can be plain have no free rules, so there are no warnings to count.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from etl_job.accounting import DeliveryOutcome
from etl_job.feature_spec import FeatureSpec
from etl_job.object_store import ObjectStore
from etl_job.rules import Rule
from etl_job.schemas import (
    BROKEN,
    CONFLICTS,
    DAY,
    DELIVERY,
    DUPLICATES,
    KEPT,
    QUARANTINED,
    hour_columns,
    value_column,
)

_COUNTS = (KEPT, QUARANTINED, DUPLICATES, CONFLICTS)


def with_broken_rows(lines: pa.Table, store: ObjectStore, files: Sequence[str]) -> pa.Table:
    """Add lines for the broken rows that are staged in some files. What such a line lacks is null."""
    contents = (pa.BufferReader(store.read(uri)) for uri in files)
    broken = [parquet.read_table(content, columns=[DELIVERY, BROKEN], use_threads=False) for content in contents]
    if not broken:
        return lines
    by = [DELIVERY, BROKEN]
    counted = pa.concat_tables(broken).group_by(by, use_threads=False).aggregate([([], "count_all")])
    return pa.concat_tables([lines, counted.rename_columns([*by, QUARANTINED])], promote_options="permissive")


def outcomes_of_deliveries(
    lines: pa.Table, rules: Sequence[Rule], deliveries: Sequence[str]
) -> tuple[DeliveryOutcome, ...]:
    """As ``accounting.delivery_outcomes``: a delivery without rows has zeros."""
    is_kept = pc.fill_null(pc.greater(lines.column(KEPT), 0), False)
    kept_day = pc.if_else(is_kept, lines.column(DAY), pa.scalar(None, pa.date32()))
    by = [DELIVERY, BROKEN]
    counted = lines.select([*by, *_COUNTS]).append_column(DAY, kept_day).group_by(by, use_threads=False)
    groups = counted.aggregate([*((name, "sum") for name in _COUNTS), (DAY, "min"), (DAY, "max")]).to_pylist()
    return tuple(_outcome(name, [group for group in groups if group[DELIVERY] == name], rules) for name in deliveries)


def _outcome(delivery: str, groups: Sequence[Mapping[str, Any]], rules: Sequence[Rule]) -> DeliveryOutcome:
    def total(count: str, of_these: Sequence[Mapping[str, Any]] = groups) -> int:
        return sum(group[f"{count}_sum"] or 0 for group in of_these)

    breaking = [[group for group in groups if group[BROKEN] >> bit & 1] for bit in range(len(rules))]
    violations = {rule.name: total(QUARANTINED, those) for rule, those in zip(rules, breaking, strict=True)}
    return DeliveryOutcome(
        delivery,
        kept=total(KEPT),
        quarantined=total(QUARANTINED),
        duplicates=total(DUPLICATES),
        conflicts=total(CONFLICTS),
        violations={name: count for name, count in violations.items() if count},
        first_day=min(filter(None, (group[f"{DAY}_min"] for group in groups)), default=None),
        last_day=max(filter(None, (group[f"{DAY}_max"] for group in groups)), default=None),
    )


def daily_counts(lines: pa.Table, spec: FeatureSpec) -> pa.Table:
    """As ``accounting.curated_rows``: a day has one line of rows that broke nothing."""
    kept = lines.filter(pc.greater(lines.column(KEPT), 0))
    entity = {value_column(name): name for name in spec.entity}
    published = {DELIVERY: DELIVERY, **entity, DAY: DAY, KEPT: spec.count, **{h: h for h in hour_columns(spec)}}
    return kept.select(list(published)).rename_columns(list(published.values()))
