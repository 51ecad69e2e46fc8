"""The job without Spark: its own code for selection, publication and manifests, with rows that are read in Python.

Rows are `id,day`. A negative number is invalid, and an id in two deliveries is a duplicate. The delivery names decide
which of the two keeps it, so every order of runs must lead to the same tables.
"""

from __future__ import annotations

import csv
import io
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache, partial
from types import SimpleNamespace
from typing import Any, cast

import boto3
import pyarrow as pa
from botocore.config import Config
from pyarrow import parquet

from etl_job.contract.schemas import KIND, VALID_ROWS, TableColumn
from etl_job.deliveries.raw_table import Delivery
from etl_job.deliveries.selection import select_deliveries, to_inputs, with_withdrawn_files, withdrawn_by
from etl_job.errors import UnknownPublicationError
from etl_job.lake.complete_answers import refuse_half_answers
from etl_job.lake.files import S3ObjectStore
from etl_job.lake.paths import own_folder
from etl_job.manifest.files import read_last_run, write_manifest
from etl_job.manifest.model import NO_ROWS, DeliveryCounts, PublishedDelivery, RunManifest
from etl_job.publishing.parquet_files import FileLayout, write_rows
from etl_job.tables.catalog import open_catalog
from etl_job.tables.commit_outcome import DecidingGlueCatalog
from etl_job.tables.dataset import Tables
from etl_job.tables.key_registers import FOLDER, Registers
from etl_job.tables.quarantine_runs import outdated_files
from etl_job.tables.quarter_tags import QuarterTag, renewed_quarters
from etl_job.tables.recovery import published_state
from etl_job.tables.referenced_files import LeftByRuns, check_metadata, check_what_runs_left
from etl_job.tables.snapshot_change import Replacement, is_one_of
from etl_job.tables.table_commit import PublishedIceberg, in_step

from .names import BUCKET, DATABASE, DATASET, REGION

ROOT = f"s3://{BUCKET}"
RAW = f"{ROOT}/raw/{DATASET}"
QUARANTINE = f"{ROOT}/quarantine/{DATASET}"
CURATED, FEATURES = f"{DATASET}_curated", f"{DATASET}_features"
HASH = "the-contract"
_CURATED = (TableColumn("delivery", "string"), TableColumn("id", "long"), TableColumn("day", "date"))
_FEATURES = (TableColumn("quarter", "string"), TableColumn("day", "date"), TableColumn("sightings", "long"))
_TYPES = {"string": pa.string(), "long": pa.int64(), "date": pa.date32()}
Row = tuple[int, date]


@dataclass
class Split:
    """The outcome of the rows of one delivery."""

    kept: list[Row] = field(default_factory=list)
    quarantined: list[Row] = field(default_factory=list)
    duplicates: int = 0


@dataclass
class Landed:
    """How far a run came, by its own report."""

    curated: bool = False
    features: bool = False


def parse_rows(content: bytes) -> list[Row]:
    """The rows of a file."""
    lines = list(csv.reader(io.StringIO(content.decode())))[1:]
    return [(int(number), date.fromisoformat(day)) for number, day in lines]


def split(rows: dict[str, list[Row]]) -> dict[str, Split]:
    """Split the rows of all these deliveries together."""
    seen: set[int] = set()
    result = {}
    for name in sorted(rows):
        of_it = result[name] = Split()
        for row in rows[name]:
            if row[0] < 0:
                of_it.quarantined.append(row)
            elif row[0] in seen:
                of_it.duplicates += 1
            else:
                seen.add(row[0])
                of_it.kept.append(row)
    return result


def quarter_of(day: date) -> str:
    return f"{day.year}Q{(day.month + 2) // 3}"


class ThinJob:
    """One run. It raises the errors of the job, and leaves the manifest of a failed run if possible."""

    def __init__(self, endpoint: str, run_id: str) -> None:
        self.run_id = run_id
        self._store, self._catalog = _clients(endpoint)
        self.landed = Landed()
        self.counts: tuple[DeliveryCounts, ...] = ()

    def run(self, withdraw: tuple[str, ...] = ()) -> None:
        """Publish new or changed deliveries, or withdraw deliveries."""
        started = datetime.now(UTC)
        published: dict[str, PublishedDelivery] = {}
        try:
            published, tables = self._run(withdraw, started)
        except Exception as error:
            self._leave_manifest(started, published, None, str(error))
            raise
        self._leave_manifest(started, published, tables.curated.snapshot_id, None)

    def _run(self, withdraw: tuple[str, ...], now: datetime) -> tuple[dict[str, PublishedDelivery], Tables]:
        store = self._store
        opened = partial(PublishedIceberg, self._catalog, DATABASE)
        curated = opened(CURATED, location=f"{ROOT}/curated/{DATASET}", columns=_CURATED, by="delivery")
        features = opened(FEATURES, location=f"{ROOT}/features/{DATASET}", columns=_FEATURES, by="quarter")
        tables = Tables(curated, features)
        check_metadata(store, tables)
        last = read_last_run(store, ROOT, DATASET)
        state = published_state(last, curated)
        there = self._deliveries()
        published = with_withdrawn_files(state.published, state.to_withdraw, there)
        selection = select_deliveries(
            there, named=(), withdrawn=withdraw, published=published, contract_hash=HASH
        ).also_withdraw(state.to_withdraw)
        replaced = [*(delivery.name for delivery in selection.deliveries), *selection.withdrawn]
        contract = cast(Any, SimpleNamespace(key=("id",), dataset=DATASET))
        check_what_runs_left(store, contract, LeftByRuns(ROOT, tables, last, replaced), now)
        if not selection and in_step(curated, features):
            return published, tables
        names = self._with_neighbours(
            tables, {delivery.name: delivery for delivery in there}, replaced, selection.withdrawn
        )
        by_name = {delivery.name: delivery for delivery in there}
        rows = {name: self._rows(by_name[name]) for name in names}
        self._publish(tables, rows, selection.withdrawn_files)
        for name in names:
            inputs = to_inputs(by_name[name])
            published[name] = PublishedDelivery(run_id=self.run_id, contract_hash=HASH, inputs=inputs)
        for name in selection.withdrawn:
            published[name] = withdrawn_by(self.run_id, published[name], selection.at_withdrawal.get(name))
        self.counts = self._counts(by_name, rows)
        return published, tables

    def _deliveries(self) -> tuple[Delivery, ...]:
        found: dict[str, list[Any]] = {}
        for file in self._store.list_files(f"{RAW}/"):
            found.setdefault(file.uri.removeprefix(f"{RAW}/delivery=").partition("/")[0], []).append(file)
        return tuple(Delivery(name, tuple(files)) for name, files in sorted(found.items()))

    def _rows(self, delivery: Delivery) -> list[Row]:
        return [row for file in delivery.files for row in parse_rows(self._store.read(file.uri))]

    def _with_neighbours(
        self, tables: Tables, there: dict[str, Delivery], replaced: list[str], withdrawn: tuple[str, ...]
    ) -> list[str]:
        """The deliveries to process: the changed ones, and published ones that share a key with them."""
        registers = {name: self._keys(folder) for name, folder in tables.registers.folders.items()}
        selected = [name for name in replaced if name not in withdrawn]
        keys = {row[0] for name in selected for row in self._rows(there[name])}
        keys |= {key for name in replaced for key in registers.get(name, set())}
        while more := [
            n for n, of_it in registers.items() if n not in selected and n not in withdrawn and of_it & keys
        ]:
            selected += more
            keys |= {key for name in more for key in registers[name]}
        return sorted(selected)

    def _keys(self, folder: str) -> set[int]:
        name = folder
        found: set[int] = set()
        for file in self._store.list_files(f"{name}/"):
            found |= set(parquet.read_table(io.BytesIO(self._store.read(file.uri))).column("id").to_pylist())
        return found

    def _publish(self, tables: Tables, rows: dict[str, list[Row]], withdrawn: dict[str, str]) -> None:
        splits, names = split(rows), sorted(rows)
        keys = {name: sorted({row[0] for row in of_it if row[0] >= 0}) for name, of_it in rows.items()}
        staged = {name: self._stage_keys(tables.curated.location, keys[name]) for name in names}
        bad = [name for name in names if splits[name].quarantined]
        folders = [self._write_quarantine(name, splits[name].quarantined) for name in bad]
        outdated = outdated_files(
            self._store, [f"{QUARANTINE}/delivery={name}" for name in (*names, *withdrawn)], folders
        )
        try:
            if names or withdrawn:
                registers = tables.registers.without([*names, *withdrawn])
                for name, folder in staged.items():
                    registers = registers.and_those_in(folder, (name,), int(bool(keys[name])))
                self._commit_curated(tables, splits, withdrawn, registers, bad)
            self._commit_features(tables)
        except UnknownPublicationError:
            raise
        except Exception:
            if not self.landed.curated:
                self._drop([*folders, *staged.values()])
            raise
        self._store.delete_all(outdated)

    def _stage_keys(self, location: str, ids: list[int]) -> str:
        """Stage the keys of a delivery in a folder, including keys that other deliveries have too."""
        folder = own_folder(f"{location}/{FOLDER}", self.run_id)
        if ids:
            self._store.write(f"{folder}/{KIND}={VALID_ROWS}/part-0.parquet", _parquet({"id": pa.array(ids)}))
        return folder

    def _write_quarantine(self, name: str, rows: list[Row]) -> str:
        folder = f"{QUARANTINE}/delivery={name}/run_id={self.run_id}"
        self._store.write(f"{folder}/part-0.parquet", _parquet({"id": pa.array([row[0] for row in rows])}))
        return folder

    def _drop(self, folders: list[str]) -> None:
        for folder in folders:
            self._store.delete_folder(folder)

    def _commit_curated(
        self,
        tables: Tables,
        splits: dict[str, Split],
        withdrawn: dict[str, str],
        registers: Registers,
        bad: list[str],
    ) -> None:
        table, names = tables.curated, sorted(splits)
        replaced = [*names, *withdrawn]
        kept = [(name, *row) for name in names for row in splits[name].kept]
        folder = own_folder(f"{table.location}/data", self.run_id)
        files = write_rows(_table(kept, _CURATED), FileLayout(_CURATED, "delivery", ("id",)), folder, self._store)
        quarantines = tables.quarantines.after(replaced, bad, self.run_id)
        table.replace(
            Replacement(
                is_one_of("delivery", replaced),
                files,
                self.run_id,
                table_properties={**registers.properties, **quarantines.properties},
                processed=names,
                withdrawn=tuple(withdrawn),
                withdrawn_files=withdrawn,
            )
        )
        self.landed.curated = True

    def _commit_features(self, tables: Tables) -> None:
        """Publish all quarters again: they are few."""
        table = tables.features
        days = self._days(tables)
        rows = [(quarter_of(day), day, count) for day, count in sorted(days.items())]
        folder = own_folder(f"{table.location}/data", self.run_id)
        files = write_rows(_table(rows, _FEATURES), FileLayout(_FEATURES, "quarter", ("day",)), folder, self._store)
        quarters = {row[0] for row in rows}
        old = [file.partition for file in table.data_files()]
        tags = [
            QuarterTag(quarter, max((day for day in days if quarter_of(day) <= quarter), default=None))
            for quarter in renewed_quarters(table.quarter_tags, quarters, min({*quarters, *old}, default=None))
        ]
        change = Replacement(
            is_one_of("quarter", sorted({*quarters, *old}) or ["none"]),
            files,
            self.run_id,
            tags,
            tables.curated.snapshot_id,
        )
        table.replace(change)
        self.landed.features = True

    def _days(self, tables: Tables) -> Counter[date]:
        days: Counter[date] = Counter()
        for file in tables.curated.data_files():
            content = io.BytesIO(self._store.read(file.uri))
            days.update(parquet.read_table(content).column("day").to_pylist())
        return days

    def _counts(self, there: dict[str, Delivery], rows: dict[str, list[Row]]) -> tuple[DeliveryCounts, ...]:
        return tuple(
            DeliveryCounts(
                delivery=name,
                inputs=to_inputs(there[name]),
                rows_in=len(rows[name]),
                kept=len(of_it.kept),
                quarantined=len(of_it.quarantined),
                duplicates=of_it.duplicates,
                conflicts=0,
                violations={},
                first_day=None,
                last_day=None,
            )
            for name, of_it in split(rows).items()
        )

    def _leave_manifest(
        self, started: datetime, published: dict[str, PublishedDelivery], snapshot_id: int | None, reason: str | None
    ) -> None:
        manifest = RunManifest(
            run_id=self.run_id,
            dataset=DATASET,
            database=DATABASE,
            status="SUCCEEDED" if reason is None else "FAILED",
            reason=reason,
            published_anything=self.landed.curated,
            started_at=started,
            finished_at=datetime.now(UTC),
            seconds=0.0,
            contract=None,
            totals=NO_ROWS,
            deliveries=self.counts,
            stages=(),
            curated=None,
            features=None,
            quarantine=(),
            versions={},
            published=published,
            curated_snapshot_id=snapshot_id,
        )
        try:
            write_manifest(self._store, ROOT, manifest)
        except Exception:
            if reason is None:
                raise


@cache
def _clients(endpoint: str) -> tuple[S3ObjectStore, DecidingGlueCatalog]:
    """The clients of a run, created once because their creation is not tested."""
    session = boto3.Session("test", "test", region_name=REGION)
    refuse_half_answers(session.events)
    s3 = session.client("s3", endpoint_url=endpoint, config=Config(s3={"addressing_style": "path"}))
    glue = session.client("glue", endpoint_url=endpoint)
    return S3ObjectStore(s3), open_catalog(session, glue, {"AWS_ENDPOINT_URL": endpoint})


def _table(rows: list[tuple[Any, ...]], columns: tuple[TableColumn, ...]) -> pa.Table:
    arrays = [pa.array([row[place] for row in rows], _TYPES[column.kind]) for place, column in enumerate(columns)]
    return pa.table(arrays, names=[column.name for column in columns])


def _parquet(columns: dict[str, pa.Array]) -> bytes:
    content = io.BytesIO()
    parquet.write_table(pa.table(columns), content)
    return content.getvalue()


def new_run_id() -> str:
    return f"jr_{uuid.uuid4().hex}"
