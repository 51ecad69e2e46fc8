"""A lake that is published without Spark: the rows are Python's, the tables and their tags are the job's."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.expressions import AlwaysFalse, AlwaysTrue
from pyiceberg.table import Table

from etl_job.contract.schemas import TableColumn
from etl_job.lake.files import LocalObjectStore
from etl_job.lake.paths import own_folder
from etl_job.publishing.features import affected_range
from etl_job.publishing.parquet_files import FileLayout, write_rows
from etl_job.publishing.point_in_time import DeliveriesSharingKeys, KeptDays, QuarterPlan, quarter_of
from etl_job.tables.snapshot_change import Replacement, from_on, is_one_of
from etl_job.tables.table_commit import PublishedIceberg, in_step

from .conftest import DATABASE, deciding

CURATED = (TableColumn("delivery", "string"), TableColumn("day", "date"), TableColumn("rows", "long"))
FEATURES = (
    TableColumn("quarter", "string"),
    TableColumn("day", "date"),
    TableColumn("rows", "long"),
    TableColumn("rows_so_far", "long"),
)
_TYPES = {"string": pa.string(), "date": pa.date32(), "long": pa.int64()}
Row = tuple[int, date]  # key, day
Feature = tuple[str, date, int, int]


def kept_rows(deliveries: Mapping[str, Sequence[Row]]) -> dict[str, list[Row]]:
    """The rows that count: of a key's, the first by delivery and place."""
    seen: set[int] = set()
    kept: dict[str, list[Row]] = defaultdict(list)
    for name in sorted(deliveries):
        for row in deliveries[name]:
            if row[0] not in seen:
                seen.add(row[0])
                kept[name].append(row)
    return kept


def compute_features(days: Iterable[date]) -> list[Feature]:
    """One row for each day from the first to the last on which anything was counted."""
    counts = Counter(days)
    rows, so_far = [], 0
    for number in range((max(counts) - min(counts)).days + 1 if counts else 0):
        day = min(counts) + timedelta(days=number)
        so_far += counts[day]
        rows.append((quarter_of(day), day, counts[day], so_far))
    return rows


@dataclass
class QuarterlyLake:
    """A curated table and its features; ``deliveries`` are the rows of those that are published."""

    root: Path
    catalog: GlueCatalog
    name: str
    deliveries: dict[str, list[Row]] = field(default_factory=dict)
    runs: int = 0

    def publish(
        self,
        changes: Mapping[str, list[Row] | None],
        *,
        ends_after_curated: bool = False,
        by_earlier_version: bool = False,
    ) -> None:
        """A run that puts deliveries in, or takes those out of which there are no rows any more.

        An earlier version of the job wrote one file per quarter, and let all tags of a run name the state that it left.
        """
        self.runs += 1
        run_id = f"run-{self.runs}"
        curated, features = self.table("curated"), self.table("features")
        were_in_step = in_step(curated, features)
        published, before = list(self.deliveries), kept_rows(self.deliveries)
        rows = {**self.deliveries, **changes}
        self.deliveries = {name: of_it for name, of_it in rows.items() if of_it is not None}
        after = kept_rows(self.deliveries)
        processed = [name for name in self.deliveries if name in changes or before[name] != after[name]]
        withdrawn = [name for name in changes if name not in self.deliveries]
        replaced = {*processed, *withdrawn}
        kept, went = _spans(after), tuple(each for each in _spans(before) if each.delivery in replaced)
        fresh = [each for each in kept if each.delivery in processed]
        changed = [*fresh, *went] if were_in_step else [*kept, *_spans(before)]
        last, old_last = (max((each.last for each in spans), default=None) for spans in (kept, _spans(before)))
        wanted = affected_range([(each.first, each.last) for each in changed], old_last, last)
        first = wanted.first_day if wanted else min((each.first for each in changed), default=None)  # as the job has it
        keys = DeliveriesSharingKeys(
            "keepFirst",
            deliveries=self.deliveries,
            processed=processed,
            again=[name for name in processed if name in published],
            losers=[name for name in processed if len(after[name]) < len(self.deliveries[name])],
        )
        days = [day for of_it in after.values() for _, day in of_it]
        plan = QuarterPlan.of(
            features.quarter_tags,
            kept,
            replaced=went if were_in_step else None,
            changed_from=quarter_of(first) if first else None,
            look_up=lambda quarters: {each: max(_days_in(each, days)) for each in quarters if _days_in(each, days)},
            keys=keys,
        )
        counted = sorted(Counter((name, day) for name in processed for _, day in after[name]).items())
        files = self._write(curated, [(*place, rows) for place, rows in counted])
        quarters = wanted.quarters if wanted else ()
        computed = [row for row in compute_features(days) if row[0] in quarters]
        feature_files = self._write(features, computed, {} if by_earlier_version else plan.empty_ends())
        if replaced:
            curated.replace(
                Replacement(
                    is_one_of("delivery", sorted(replaced)), files, run_id, processed=processed, withdrawn=withdrawn
                )
            )
        if ends_after_curated:
            return
        changes_made = curated.changes_since(features.source_snapshot)
        names = changes_made.processed | changes_made.withdrawn if changes_made else None
        tags = () if by_earlier_version else plan.tags(features.quarter_tags, names)
        removed = (
            from_on("quarter", quarter_of(wanted.first_day)) if wanted else AlwaysFalse() if last else AlwaysTrue()
        )
        features.replace(Replacement(removed, feature_files, run_id, tags, curated.snapshot_id))
        if by_earlier_version:
            with self.features.manage_snapshots() as references:
                for quarter in quarters:
                    references.create_tag(features.snapshot_id, quarter)

    def table(self, kind: str) -> PublishedIceberg:
        """As the next run finds it."""
        columns, by = (CURATED, "delivery") if kind == "curated" else (FEATURES, "quarter")
        location = f"file://{self.root}/{self.name}_{kind}"
        name = f"{self.name}_{kind}"
        return PublishedIceberg(deciding(self.catalog), DATABASE, name, location=location, columns=columns, by=by)

    @property
    def features(self) -> Table:
        """As a reader finds it."""
        return self.catalog.load_table(f"{DATABASE}.{self.name}_features")

    def rows(self, tag: str | None = None) -> list[Feature]:
        """The features as of a tag, or as they are."""
        table = self.features
        snapshot = table.snapshot_by_name(tag) if tag else table.current_snapshot()
        scanned = table.scan(snapshot_id=snapshot.snapshot_id).to_arrow().to_pylist()
        return sorted(tuple(row[column.name] for column in FEATURES) for row in scanned)

    def _write(
        self, table: PublishedIceberg, rows: Sequence[tuple[object, ...]], split_after: Mapping[str, date] | None = None
    ) -> tuple[str, ...]:
        columns = CURATED if table.partition_column == "delivery" else FEATURES
        schema = pa.schema([(column.name, _TYPES[column.kind]) for column in columns])
        arrow = pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema)
        folder = own_folder(f"{table.location}/data", f"run-{self.runs}")
        layout = FileLayout(columns, table.partition_column, ["day"], split_after or {})
        return write_rows(arrow, layout, folder, LocalObjectStore())


def _spans(kept: Mapping[str, list[Row]]) -> tuple[KeptDays, ...]:
    return tuple(
        KeptDays(name, min(day for _, day in rows), max(day for _, day in rows))
        for name, rows in sorted(kept.items())
        if rows
    )


def _days_in(quarter: str, days: list[date]) -> list[date]:
    return [day for day in days if quarter_of(day) == quarter]
