"""What `quartal upload` recorded is there when a run reads it, or the run stops by the name of what is not."""

import json
from pathlib import Path

import pytest

from etl_job.deliveries.delivered import find_deliveries
from etl_job.deliveries.selection import Selection, select_deliveries, to_inputs
from etl_job.deliveries.upload_records import with_incomplete
from etl_job.errors import InputError
from etl_job.lake.files import LocalObjectStore
from etl_job.manifest.model import PublishedDelivery

from .conftest import DATASET


class Lake:
    """A lake of files: what is put is recorded, as `quartal upload` does."""

    def __init__(self, root: Path, contract) -> None:
        self.root, self.contract = root, contract
        self.published: dict[str, PublishedDelivery] = {}

    def path(self, delivery: str, name: str) -> Path:
        return self.root / "raw" / DATASET / f"delivery={delivery}" / name

    def record(self, delivery: str) -> Path:
        return self.root / "deliveries" / DATASET / f"{delivery}.json"

    def put(self, delivery: str, *names: str) -> None:
        for name in names:
            path = self.path(delivery, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("a\n1\n")
        self.record(delivery).parent.mkdir(parents=True, exist_ok=True)
        keys = [f"raw/{DATASET}/delivery={delivery}/{name}" for name in names]
        self.record(delivery).write_text(json.dumps({"version": 1, "files": {key: {} for key in keys}}))

    def deliveries(self):
        return find_deliveries(LocalObjectStore(), f"file://{self.root}", DATASET, None).deliveries

    def publish(self, *, withdrawn: bool = False) -> None:
        self.published = {
            each.name: PublishedDelivery(
                run_id="r", contract_hash=self.contract.hash, inputs=to_inputs(each), withdrawn=withdrawn
            )
            for each in self.deliveries()
        }

    def select(self, *named: str, store=None) -> Selection:
        selection = select_deliveries(
            self.deliveries(),
            named=named,
            withdrawn=(),
            published=self.published,
            contract_hash=self.contract.hash,
        )
        store = store or LocalObjectStore()
        return with_incomplete(
            store, f"file://{self.root}", self.contract, selection, published=self.published, selects_itself=not named
        )


@pytest.fixture
def lake(tmp_path, contract):
    return Lake(tmp_path, contract)


def names(selection: Selection) -> list[str]:
    return [each.name for each in selection.deliveries]


def test_delivery_with_all_its_files_or_without_a_record_is_processed(lake):
    lake.put("q1", "a.csv", "year=2024/b.csv")
    lake.put("q2", "a.csv")
    lake.record("q2").unlink()
    assert names(lake.select()) == ["q1", "q2"]


def test_missing_uploaded_file_stops_the_run_by_name(lake):
    lake.put("q1", *(f"{number}.csv" for number in range(6)))
    for number in range(1, 6):
        lake.path("q1", f"{number}.csv").unlink()
    with pytest.raises(
        InputError,
        match=r"delivery q1 lacks delivery=q1/1\.csv, \S+2\.csv, \S+3\.csv and 2 more, which was uploaded .*q1\.json",
    ):
        lake.select()
    with pytest.raises(InputError, match=r"on purpose, `quartal upload --delivery q1 --remove 1\.csv`, and run again"):
        lake.select()
    lake.record("q1").unlink()
    assert names(lake.select()) == ["q1"]


def test_files_that_an_upload_is_taking_out_are_not_read_beside_those_in_their_place(lake):
    lake.put("q1", "a.csv", "a_new.csv")
    going = [f"raw/{DATASET}/delivery=q1/{name}" for name in ("a.csv", "gone.csv")]
    record = json.loads(lake.record("q1").read_text())
    lake.record("q1").write_text(json.dumps({**record, "removing": going}))
    with pytest.raises(InputError, match=r"delivery q1 is being replaced: delivery=q1/a\.csv will be .*q1\.json"):
        lake.select()
    with pytest.raises(InputError, match=r"repeat it if it was interrupted"):
        lake.select("q1")
    lake.put("q2", "a.csv")
    assert names(lake.select("q2")) == ["q2"]
    lake.path("q1", "a.csv").unlink()
    lake.put("q1", "a_new.csv")
    assert names(lake.select()) == ["q1", "q2"]


def test_delivery_that_is_published_as_it_is_stays_while_an_upload_goes_on(lake):
    lake.put("q1", "a.csv")
    lake.publish()
    record = json.loads(lake.record("q1").read_text())
    lake.record("q1").write_text(json.dumps({**record, "removing": [f"raw/{DATASET}/delivery=q1/a.csv"]}))
    assert names(lake.select()) == []


def test_delivery_without_any_remaining_file_stops_a_run_until_it_is_published(lake):
    lake.put("q1", "a.csv")
    lake.put("q2", "a.csv")
    lake.path("q2", "a.csv").unlink()
    with pytest.raises(InputError, match=r"delivery q2 lacks delivery=q2/a\.csv.* on purpose, delete that record"):
        lake.select()
    lake.put("q2", "a.csv")
    lake.publish()
    lake.path("q2", "a.csv").unlink()  # archived
    assert names(lake.select()) == []


def test_withdrawn_delivery_may_lose_its_files_one_by_one_and_comes_back_with_a_new_one(lake):
    lake.put("q0", "a.csv")
    lake.put("q1", "a.csv", "b.csv")
    lake.publish(withdrawn=True)
    lake.path("q1", "a.csv").unlink()
    assert names(lake.select()) == []
    lake.path("q1", "b.csv").unlink()
    assert names(lake.select()) == []
    lake.put("q1", "c.csv")
    assert names(lake.select()) == ["q1"]


def test_run_of_named_deliveries_answers_for_those_it_processes(lake):
    for name in ("q1", "q2", "q3"):
        lake.put(name, "a.csv", "b.csv")
    lake.publish()
    lake.path("q2", "b.csv").unlink()
    selection = lake.select("q1")
    assert names(selection) == ["q1"]
    assert [each.name for each in selection.find(["q3"])] == ["q3"]
    with pytest.raises(InputError, match=r"shares rows with this run's deliveries: delivery q2 lacks delivery=q2/b"):
        selection.find(["q2"])
    with pytest.raises(InputError, match="delivery q2 lacks"):
        lake.select("q2")


def test_files_that_come_while_the_run_begins_are_the_next_runs(lake):
    lake.put("q1", "a.csv")

    class Busy(LocalObjectStore):
        def read(self, uri, first_bytes=None):
            lake.put("q1", "a.csv", "b.csv")
            return super().read(uri, first_bytes)

    assert names(lake.select(store=Busy())) == ["q1"]


def test_hidden_file_that_an_earlier_version_uploaded_is_not_missed(lake):
    lake.put("q1", "a.csv", "_b.csv", ".c/d.csv")
    assert names(lake.select()) == ["q1"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"files": 3}', "{}", "[" * 100_000, "\ud800"], ids=repr)
def test_record_that_cannot_be_read_stops_the_run_by_its_name(lake, content):
    lake.put("q1", "a.csv")
    lake.record("q1").write_bytes(content.encode("utf-8", "surrogatepass"))
    with pytest.raises(
        InputError, match=r"q1\.json is not a valid record of a delivery .*: delete it, and the next upload"
    ):
        lake.select()


def test_records_of_ingested_tables_are_no_deliveries(lake):
    lake.put("q1", "a.csv")
    other = lake.record("q9/table")
    other.parent.mkdir(parents=True)
    other.write_text("{}")
    assert names(lake.select()) == ["q1"]
