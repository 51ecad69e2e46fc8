"""The tables themselves, over moto's Glue and files; no Spark.

Two commits at the very same time are tested over LocalStack: moto does not compare the VersionId that decides then.
"""

from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.table.metadata import TableMetadataV2
from pyiceberg.table.refs import SnapshotRef

from etl_job.contract.schemas import TableColumn
from etl_job.errors import LostFilesError, PublicationError, UnreadableTableError
from etl_job.tables.property_names import RUN
from etl_job.tables.quarter_tags import QuarterTag
from etl_job.tables.snapshot_change import RUN_TAGS_KEPT, Replacement, is_one_of, outlived_run_tags
from etl_job.tables.table_commit import PublishedIceberg, in_step

from .conftest import DATABASE, deciding

COLUMNS = (TableColumn("delivery", "string"), TableColumn("day", "date"), TableColumn("rows", "long"))


@pytest.fixture
def opened(lake):
    def opened(name: str = "counts") -> PublishedIceberg:
        location = f"file://{lake.root}/{name}"
        return PublishedIceberg(
            deciding(GlueCatalog("test")), DATABASE, name, location=location, columns=COLUMNS, by="delivery"
        )

    return opened


@pytest.fixture
def file_of(lake):
    def file_of(delivery: str, rows: int, name: str) -> str:
        path = Path(lake.root) / "files" / f"{name}.parquet"
        path.parent.mkdir(exist_ok=True)
        columns = {"delivery": [delivery], "day": [date(2024, 1, 1)], "rows": [rows]}
        schema = pa.schema([("delivery", pa.string()), ("day", pa.date32()), ("rows", pa.int64())])
        pq.write_table(pa.table(columns, schema), path)
        return f"file://{path}"

    return file_of


def rows_in(name: str = "counts") -> dict[str, int]:
    rows = GlueCatalog("test").load_table(f"{DATABASE}.{name}").scan().to_arrow().to_pylist()
    return {row["delivery"]: row["rows"] for row in rows}


def change(file: str, delivery: str, run_id: str, **more: object) -> Replacement:
    return Replacement(is_one_of("delivery", [delivery]), [file], run_id, **more)


def test_replacement_removes_the_old_file_and_keeps_the_rest(opened, file_of):
    for number, (delivery, rows) in enumerate([("d1", 1), ("d2", 2), ("d1", 3)]):
        opened().replace(change(file_of(delivery, rows, str(number)), delivery, f"run-{number}"))
    assert rows_in() == {"d1": 3, "d2": 2}


def test_files_have_row_counts_and_a_day_can_be_counted(opened, file_of):
    table = opened()
    assert (table.data_files(), table.count_rows_on(date(2024, 1, 1))) == ((), 0)
    for delivery in ("d1", "d2"):
        table.replace(change(file_of(delivery, 5, delivery), delivery, delivery))
    assert [file.rows for file in opened().data_files()] == [1, 1]
    assert (opened().count_rows_on(date(2024, 1, 1)), opened().count_rows_on(date(2024, 1, 2))) == (2, 0)


@pytest.mark.parametrize(
    ("damage", "error", "said"),
    [
        pytest.param(None, LostFilesError, "refers to a missing metadata file", id="missing"),
        pytest.param(lambda text: text[:100], UnreadableTableError, "Invalid JSON", id="cut off"),
        pytest.param(lambda text: "{}", UnreadableTableError, "format", id="something else"),
        pytest.param(
            lambda text: text.replace('"format-version":2', '"format-version":9'),
            UnreadableTableError,
            "expected tags: 1, 2",
            id="a later Iceberg",
        ),
    ],
)
def test_table_whose_metadata_cannot_be_read_is_refused_by_name(opened, file_of, damage, error, said):
    opened().replace(change(file_of("d1", 1, "a"), "d1", "a"))
    location = GlueCatalog("test").load_table(f"{DATABASE}.counts").metadata_location
    metadata = Path(location.removeprefix("file://"))
    if damage is None:
        metadata.unlink()
    else:
        metadata.write_text(damage(metadata.read_text()))
    with pytest.raises(error, match=rf"^{DATABASE}\.counts .*{said}.*; the next run creates it again$"):
        opened()


def test_entry_of_another_program_without_iceberg_is_refused_by_name(opened, lake):
    lake.glue.create_table(
        DatabaseName=DATABASE, TableInput={"Name": "counts", "Parameters": {"table_type": "ICEBERG"}}
    )
    with pytest.raises(UnreadableTableError, match=rf"^{DATABASE}\.counts .*metadata_location"):
        opened()


def test_a_run_that_read_an_older_state_fails_and_changes_nothing(opened, file_of):
    opened().replace(change(file_of("d1", 1, "a"), "d1", "a"))
    late = opened()
    opened().replace(change(file_of("d1", 2, "b"), "d1", "b"))
    with pytest.raises(PublicationError, match="run again"):
        late.replace(change(file_of("d1", 3, "c"), "d1", "c"))
    assert rows_in() == {"d1": 2}


def test_changes_of_runs_are_known_after_intermediate_states_expired(opened, file_of):
    opened().replace(change(file_of("d1", 1, "a"), "d1", "a", processed=["d1"]))
    first = opened().snapshot_id
    opened().replace(change(file_of("d2", 2, "b"), "d1", "b", processed=["d2"], withdrawn=["d1"]))
    found = GlueCatalog("test").load_table(f"{DATABASE}.counts")
    named = {reference.snapshot_id for reference in found.refs().values()}
    expired = [each.snapshot_id for each in found.snapshots() if each.snapshot_id not in named]
    assert expired
    found.maintenance.expire_snapshots().by_ids(expired).commit()
    changes = opened().changes_since(first)
    assert changes is not None
    assert (changes.processed, changes.withdrawn) == ({"d2"}, {"d1"})


def test_features_are_in_step_only_with_the_curated_snapshot_that_they_name(opened, file_of):
    curated, features = opened("curated"), opened("features")
    assert in_step(curated, features)
    curated.replace(change(file_of("d1", 1, "a"), "d1", "a"))
    assert not in_step(curated, features)
    features.replace(change(file_of("d1", 1, "f"), "d1", "a", source_snapshot=curated.snapshot_id))
    assert in_step(curated, features)
    assert in_step(opened("curated"), opened("features"))
    curated.replace(change(file_of("d1", 2, "b"), "d1", "b"))
    assert not in_step(curated, features)


def test_tags_of_quarters_stay_and_those_of_old_runs_go(opened, file_of):
    table, file = opened(), file_of("d1", 1, "a")
    table.replace(change(file, "d1", "run-00", quarter_tags=[QuarterTag("2019Q4", date(2019, 12, 31))]))
    for number in range(1, RUN_TAGS_KEPT + 2):
        table.replace(Replacement(is_one_of("delivery", ["none"]), (), f"run-{number:02d}"))
    runs = [tag for tag in table.tags if tag.startswith("run-")]
    assert len(runs) == RUN_TAGS_KEPT
    assert f"run-{RUN_TAGS_KEPT + 1:02d}" in runs
    assert "2019Q4" in table.tags


def test_tags_and_branches_of_users_never_expire(opened, file_of):
    table = opened()
    table.replace(change(file_of("d1", 1, "a"), "d1", "run-00"))
    seen = GlueCatalog("test").load_table(f"{DATABASE}.counts")
    snapshot = seen.current_snapshot().snapshot_id
    with seen.manage_snapshots() as references:
        references.create_tag(snapshot, "model-v1").create_branch(snapshot, "what-if")
    assert opened().tags == ("model-v1", "run-00"), "a branch is no tag"
    for number in range(1, RUN_TAGS_KEPT + 3):
        opened().replace(Replacement(is_one_of("delivery", ["none"]), (), f"run-{number:02d}"))
    references = GlueCatalog("test").load_table(f"{DATABASE}.counts").refs()
    assert (references["model-v1"].snapshot_id, references["what-if"].snapshot_id) == (snapshot, snapshot)
    assert "run-00" not in references


def test_a_run_that_changes_no_row_leaves_a_snapshot_of_its_own(opened, file_of):
    table = opened()
    table.replace(change(file_of("d1", 1, "a"), "d1", "one"))
    first = table.snapshot_id
    table.replace(Replacement(is_one_of("delivery", ["none"]), (), "two"))
    assert table.snapshot_id != first
    assert rows_in() == {"d1": 1}


def test_a_run_that_read_an_older_state_fails_even_where_it_changes_no_row(opened, file_of):
    opened().replace(change(file_of("d1", 1, "a"), "d1", "a"))
    late = opened()
    opened().replace(change(file_of("d2", 2, "b"), "d2", "b", table_properties={"registers": "b"}))
    with pytest.raises(PublicationError, match="run again"):
        late.replace(Replacement(is_one_of("delivery", ["d3"]), (), "c", table_properties={"registers": "c"}))
    assert opened().metadata.properties["registers"] == "b"


@given(st.lists(st.integers(0, 100), min_size=1, max_size=40), st.data())
def test_outlived_run_tags_are_all_but_the_newest(numbers, data):
    newest = data.draw(st.integers(0, len(numbers) - 1))
    numbers[newest] = 101
    snapshots = [
        SimpleNamespace(
            snapshot_id=n,
            sequence_number=number,
            timestamp_ms=data.draw(st.integers(0, 100)),  # a clock may be set back
            summary=SimpleNamespace(additional_properties={RUN: f"run-{n}"}),
        )
        for n, number in enumerate(numbers)
    ]
    references = {f"run-{n}": SnapshotRef(snapshot_id=n, snapshot_ref_type="tag") for n in range(len(numbers))}
    foreign = {name: SnapshotRef(snapshot_id=0, snapshot_ref_type="tag") for name in ("2024Q1", "model-v1", "run-x")}
    table = TableMetadataV2.model_construct(snapshots=snapshots, refs=references | foreign)
    gone = outlived_run_tags(table, f"run-{newest}")
    kept = set(references) - set(gone)
    assert not set(gone) & set(foreign)
    assert len(kept) == min(len(numbers), RUN_TAGS_KEPT)
    assert f"run-{newest}" in kept
    oldest_kept = min(numbers[int(tag.removeprefix("run-"))] for tag in kept)
    assert all(numbers[int(tag.removeprefix("run-"))] <= oldest_kept for tag in gone)
