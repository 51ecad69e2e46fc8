"""Published tables that another program has changed: a run counts what readers see, or is refused by name. No Spark."""

import json
import re
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.manifest import (
    DataFile,
    DataFileContent,
    FileFormat,
    ManifestContent,
    ManifestEntry,
    ManifestEntryStatus,
    ManifestFile,
    ManifestWriterV2,
)
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Operation
from pyiceberg.table.update.snapshot import _FastAppendFiles
from pyiceberg.typedef import Record

from etl_job.contract.model import Contract
from etl_job.contract.schemas import curated_columns, feature_columns
from etl_job.errors import ContractError, ForeignChangeError, UnreadableTableError
from etl_job.tables.counting_basis import basis_of_counts, basis_of_features, have_other_columns, refuse_mixed_counts
from etl_job.tables.key_registers import Registers
from etl_job.tables.snapshot_change import Replacement, is_one_of
from etl_job.tables.table_commit import PublishedIceberg

from .conftest import DATABASE, deciding

_DELETES = pa.schema(
    [
        pa.field("file_path", pa.string(), nullable=False, metadata={"PARQUET:field_id": "2147483546"}),
        pa.field("pos", pa.int64(), nullable=False, metadata={"PARQUET:field_id": "2147483545"}),
    ]
)


class _DeletesWriter(ManifestWriterV2):
    def content(self) -> ManifestContent:
        return ManifestContent.DELETES

    @property
    def _meta(self) -> dict[str, str]:
        return {**super()._meta, "content": "deletes"}


class _Deletes(_FastAppendFiles):
    """A snapshot that adds a file of deletes, which PyIceberg only reads."""

    file: DataFile

    def _manifests(self) -> list[ManifestFile]:
        with _DeletesWriter(
            self.spec(self.file.spec_id),
            self._transaction.table_metadata.schema(),
            self.new_manifest_output(),
            self._snapshot_id,
            "deflate",
        ) as writer:
            added = ManifestEntryStatus.ADDED
            writer.add(ManifestEntry.from_args(status=added, snapshot_id=self._snapshot_id, data_file=self.file))
        return [writer.to_manifest_file(), *self._existing_manifests()]


def delete_first_row(table: Table, partition: str) -> None:
    """As Athena and Spark delete with merge-on-read: the row's position is written to a second file."""
    (held,) = (task.file for task in table.scan().plan_files() if task.file.partition[0] == partition)
    uri = f"{table.location()}/deletes-of-{partition}.parquet"
    path = Path(uri.removeprefix("file://"))
    pq.write_table(pa.table({"file_path": [held.file_path], "pos": [0]}, _DELETES), path)
    content = DataFileContent.POSITION_DELETES
    append_deletes(table, content, uri, held.partition, path.stat().st_size)


def append_deletes(table: Table, content: DataFileContent, uri: str, partition: Record, size: int = 1) -> None:
    of_values = {"equality_ids": [1]} if content == DataFileContent.EQUALITY_DELETES else {}
    file = DataFile.from_args(
        content=content,
        file_path=uri,
        file_format=FileFormat.PARQUET,
        partition=partition,
        record_count=1,
        file_size_in_bytes=size,
        **of_values,
    )
    file.spec_id = table.spec().spec_id
    with table.transaction() as transaction:
        change = _Deletes(Operation.APPEND, transaction, table.io)
        change.file = file
        change.commit()


class Published:
    """A curated table of the example's contract, with a row for each day that a delivery counts."""

    def __init__(self, root: Path, contract: Contract) -> None:
        self.root, self.contract, self.runs = root, contract, 0

    @property
    def curated(self) -> PublishedIceberg:
        """As the next run opens it."""
        return self._opened("curated", "delivery", curated_columns(self.contract.features))

    @property
    def features(self) -> PublishedIceberg:
        return self._opened("features", "quarter", feature_columns(self.contract.features))

    def _opened(self, kind: str, by: str, columns: Any) -> PublishedIceberg:
        location = f"file://{self.root}/{kind}"
        return PublishedIceberg(
            deciding(GlueCatalog("test")), DATABASE, kind, location=location, columns=columns, by=by
        )

    def seen(self, kind: str = "curated") -> Table:
        return GlueCatalog("test").load_table(f"{DATABASE}.{kind}")

    def publish(self, delivery: str, *days: date) -> None:
        """A run that counts a row on each of these days."""
        self.runs += 1
        table = self.curated
        columns = {"string": ("Opel", pa.string()), "date": (None, pa.date32()), "long": (1, pa.int64())}
        rows = {
            column.name: pa.array([columns[column.kind][0]] * len(days), columns[column.kind][1])
            for column in table.columns
        }
        rows |= {"delivery": pa.array([delivery] * len(days)), "day": pa.array(days, pa.date32())}
        path = self.root / "files" / f"{self.runs}.parquet"
        path.parent.mkdir(exist_ok=True)
        pq.write_table(pa.table(rows), path)
        registers = Registers(dict.fromkeys(sorted({*self.deliveries, delivery}), f"{table.location}/keys/{self.runs}"))
        table.replace(
            Replacement(
                is_one_of("delivery", [delivery]),
                [f"file://{path}"],
                f"run-{self.runs}",
                table_properties={**registers.properties, **basis_of_counts(table, self.contract)},
                processed=[delivery],
            )
        )

    @property
    def deliveries(self) -> list[str]:
        return [file.partition for file in self.curated.data_files()]

    def check(
        self, *processed: str, withdrawn: tuple[str, ...] = (), with_files: tuple[str, ...] = ("d1", "d2")
    ) -> None:
        """As a run does that processes these deliveries."""
        curated = self.curated
        registers = Registers.parse(curated.metadata.properties, curated.location)
        tables: Any = SimpleNamespace(curated=curated, features=self.features, registers=registers)
        refuse_mixed_counts(
            tables, self.contract, processed=processed, withdrawn=withdrawn, with_files=with_files, options=()
        )


@pytest.fixture
def published(lake, contract) -> Published:
    made = Published(lake.root, contract)
    made.publish("d1", date(2024, 1, 1), date(2024, 1, 2))
    made.publish("d2", date(2024, 1, 3))
    return made


def test_rows_that_another_program_deleted_are_not_counted_again(published):
    published.check("d3")
    delete_first_row(published.seen(), "d1")
    assert sorted(published.seen().scan().to_arrow()["day"].to_pylist()) == [date(2024, 1, 2), date(2024, 1, 3)]
    with pytest.raises(ForeignChangeError, match=r"deleted rows of delivery d1 from lake\.curated.* --delivery d1,d3`"):
        published.check("d3")
    with pytest.raises(ForeignChangeError, match=r"restore the raw files of d1 and run again, or withdraw it"):
        published.check("d2", with_files=("d2",))
    published.check("d1")
    published.check("d2", withdrawn=("d1",))
    published.publish("d1", date(2024, 1, 1))
    published.check("d3")


@pytest.mark.parametrize("kind", ["curated", "features"])
def test_deletes_by_value_are_refused_by_name(published, kind):
    table = published.features if kind == "features" else published.curated
    table.replace(Replacement(is_one_of(table.partition_column, ["none"]), (), "run-x"))
    seen = published.seen(kind)
    append_deletes(seen, DataFileContent.EQUALITY_DELETES, f"{seen.location()}/deletes.parquet", Record("d1"))
    opened = published.features if kind == "features" else published.curated
    with pytest.raises(
        UnreadableTableError, match=rf"^lake\.{kind} .*equality deletes.*the next run creates it again$"
    ):
        opened.data_files()


@pytest.mark.parametrize("mode", ["none", "counts"])
def test_files_have_the_statistics_that_runs_need_whatever_the_table_asks_for(published, mode):
    with published.seen().transaction() as change:
        change.set_properties({"write.metadata.metrics.default": mode})
    published.publish("d2", date(2024, 1, 4))
    published.publish("d3", date(2024, 1, 5))
    days = [(file.partition, file.first_day.day) for file in published.curated.data_files()]
    assert sorted(days) == [("d1", 1), ("d2", 4), ("d3", 5)]


def test_files_without_statistics_are_refused_by_name(published):
    with published.seen().transaction() as change:
        change.set_properties({f"write.metadata.metrics.column.{name}": "none" for name in ("day", "delivery")})
    published.seen().append(published.seen().scan(row_filter="delivery = 'd2'").to_arrow())
    with pytest.raises(UnreadableTableError, match=r"lake\.curated .*parquet has no statistics of delivery and day"):
        published.curated.data_files()


def test_files_that_are_not_parquet_are_refused_by_name(published):
    """Athena's OPTIMIZE writes them where ``write.format.default`` asks for them."""
    (held,) = (task.file for task in published.seen().scan().plan_files() if task.file.partition[0] == "d2")
    uri = held.file_path.replace(".parquet", ".orc")
    other = DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=uri,
        file_format=FileFormat.ORC,
        partition=held.partition,
        record_count=1,
        file_size_in_bytes=1,
        lower_bounds=held.lower_bounds,
        upper_bounds=held.upper_bounds,
    )
    other.spec_id = held.spec_id
    with published.seen().transaction() as transaction, transaction.update_snapshot().fast_append() as change:
        change.append_data_file(other)
    with pytest.raises(UnreadableTableError, match=rf"lake\.curated .*{re.escape(uri)} is not Parquet, but ORC"):
        published.check("d3")


def test_table_that_is_partitioned_otherwise_is_refused_by_name(published):
    with published.seen().update_spec() as change:
        change.remove_field("delivery")
    with pytest.raises(UnreadableTableError, match=r"lake\.curated .*it is not partitioned by the column delivery"):
        published.publish("d3", date(2024, 1, 5))


@pytest.mark.parametrize("kind", ["curated", "features"])
def test_table_in_a_later_format_is_refused_by_name_before_anything_is_written(published, kind):
    table = published.features if kind == "features" else published.curated
    table.replace(Replacement(is_one_of(table.partition_column, ["none"]), (), "run-x"))
    held = Path(published.seen(kind).metadata_location.removeprefix("file://"))
    document = {**json.loads(held.read_text()), "format-version": 3, "next-row-id": 0}
    held.write_text(json.dumps(document))  # as by ALTER TABLE in Spark
    with pytest.raises(UnreadableTableError, match=rf"^lake\.{kind} .*its format version is 3.*job writes version 2"):
        published.check("d3")


def test_renamed_column_of_the_counts_is_refused_while_a_delivery_stays(published):
    with published.seen().update_schema() as change:
        change.rename_column("sightings", "seen")
    with pytest.raises(ContractError, match=r"new columns: sightings\).*leave delivery d1 as it was counted"):
        published.check("d2")
    published.check("d1", "d2")


def test_features_without_a_column_that_another_program_renamed_are_computed_again(published):
    table = published.features
    table.replace(Replacement(is_one_of("quarter", ["none"]), (), "run-x", table_properties=basis_of_features(table)))
    assert not have_other_columns(published.features)
    with published.seen("features").update_schema() as change:
        change.rename_column("sightings", "seen")
    assert have_other_columns(published.features)


def test_table_set_back_by_hand_is_refused_while_a_delivery_of_the_runs_taken_back_stays(published):
    with published.seen().manage_snapshots() as references:
        references.rollback_to_snapshot(published.seen().snapshot_by_name("run-1").snapshot_id)
    with pytest.raises(
        ForeignChangeError, match=r"lake\.curated back .*delivery d2 is not as its keys.*--delivery d2,d3`"
    ):
        published.check("d3")
    with pytest.raises(ForeignChangeError, match=r"restore the raw files of d2 and run again, or withdraw it"):
        published.check("d1", with_files=("d1",))
    published.check("d2")  # d1 is as it was when that run was taken back
    published.publish("d2", date(2024, 1, 3))
    published.check("d3")
