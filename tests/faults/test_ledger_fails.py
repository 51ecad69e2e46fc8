"""The ledger by itself: each kind of loss that it is there to find, done on purpose, is found."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.exceptions import ConnectionClosedError
from moto.backends import get_backend
from pyiceberg.catalog.glue import GlueCatalog

from etl_job.tables.commit_outcome import DecidingGlueCatalog

sys.path.insert(0, str(Path(__file__).parents[2] / "tooling" / "localstack_glue" / "src"))

from localstack_glue.faults.plan import FaultPlan, Mode, Rule

from .books import MANIFESTS, RAW, RUNS, Books, BrokenPromiseError, Model
from .moto_lake import MotoLake
from .names import ACCOUNT, DATABASE, DATASET, REGION
from .sequence import Sequence
from .thin_job import CURATED, FEATURES, ThinJob


@pytest.fixture(scope="module")
def shared_lake() -> MotoLake:
    return MotoLake()


@pytest.fixture
def lake(shared_lake: MotoLake, monkeypatch: pytest.MonkeyPatch) -> MotoLake:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    shared_lake.begin_with(Sequence._published_lake)
    return shared_lake


@pytest.fixture
def books(lake: MotoLake) -> Books:
    """Of a lake that is as it ought to be."""
    model = Model(raw={key: content for key, content in lake.objects().items() if key.startswith(RAW)})
    found = Books(lake, model)
    found.check_files("the beginning")
    found.check_balance()
    return found


def drop(lake: MotoLake, *parts: str) -> None:
    """Delete every object whose key has all of these parts; there must be some."""
    keys = [key for key in lake.objects() if all(part in key for part in parts)]
    assert keys
    for key in keys:
        lake.take(key)


def edit(lake: MotoLake, key: str, change: Callable[[dict], None]) -> None:
    """Change a JSON document."""
    document = json.loads(lake.objects()[key])
    change(document)
    lake.put(key, json.dumps(document).encode())


def newest_run(lake: MotoLake) -> str:
    return max(key for key in lake.objects() if key.startswith(RUNS))


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        pytest.param((f"curated/{DATASET}/keys/",), "register", id="register"),
        pytest.param((f"quarantine/{DATASET}/",), "bad rows", id="quarantine"),
        pytest.param((f"curated/{DATASET}/metadata/", "-m0.avro"), "curated", id="live-manifest"),
        pytest.param((f"features/{DATASET}/metadata/", "snap-"), "features", id="manifest-list"),
        pytest.param((f"features/{DATASET}/metadata/", ".metadata.json"), "features", id="metadata"),
        pytest.param((f"features/{DATASET}/data", ".parquet"), "features", id="data-file"),
    ],
)
def test_ledger_detects_a_missing_file(lake, books, parts, found):
    drop(lake, *parts)
    with pytest.raises(BrokenPromiseError, match=found):
        books.check_files("a loss")


def test_pointer_to_an_older_state_is_found(lake, books):
    tables = get_backend("glue")[ACCOUNT][REGION].databases[DATABASE].tables
    parameters = tables[CURATED].as_dict()["Parameters"]
    tables[CURATED].as_dict()["Parameters"]["metadata_location"] = parameters["previous_metadata_location"]
    with pytest.raises(BrokenPromiseError):
        books.check_balance()


def test_ledger_detects_a_publication_that_trusts_the_response(lake, monkeypatch):
    """As it was before what the table holds decided: sent again, refused, and its manifests deleted."""
    monkeypatch.setattr(DecidingGlueCatalog, "_update_glue_table", GlueCatalog._update_glue_table)
    sequence = Sequence(lake, 0)
    sequence._begin()

    def publish() -> None:
        for _ in range(3):  # a command that changes nothing proves nothing
            sequence._publish(FaultPlan([Rule(Mode.LOSE_ANSWER, "glue", "UpdateTable")]))
            sequence.books.check_files("a publication")

    with pytest.raises(BrokenPromiseError, match=r"cannot be read|not there|believes"):
        publish()


@pytest.mark.parametrize("table", [CURATED, FEATURES])
def test_file_that_counts_twice_is_found(lake, books, table):
    loaded = ThinJob(lake.proxy.endpoint, "jr_x")._catalog.load_table((DATABASE, table))
    twice = [task.file.file_path for task in loaded.scan().plan_files()]
    with loaded.transaction() as transaction:
        transaction.add_files(twice, check_duplicate_files=False)
    with pytest.raises(BrokenPromiseError, match="hold"):
        books.check_balance()


def test_ledger_detects_an_unprocessed_raw_file(lake, books):
    books._model.raw[f"{RAW}delivery=2024Q1/more.csv"] = b"id,day\n99,2024-01-05\n"
    with pytest.raises(BrokenPromiseError, match="curated holds"):
        books.check_balance()


def test_ledger_detects_an_unrequested_withdrawal(lake, books):
    edit(lake, newest_run(lake), lambda it: it["published"]["2024Q1"].update(withdrawn=True))
    with pytest.raises(BrokenPromiseError, match="withdrawn are"):
        books.check_balance()


def test_withdrawal_that_is_forgotten_is_found(lake, books):
    books._model.withdrawn["2024Q1"] = books._model.raw_files("2024Q1")
    with pytest.raises(BrokenPromiseError, match="withdrawn are"):
        books.check_balance()


@pytest.mark.parametrize("member", ["rows_in", "kept", "quarantined", "duplicates"])
def test_run_manifest_that_miscounts_is_found(lake, books, member):
    for key in [key for key in lake.objects() if key.startswith(RUNS)]:
        edit(lake, key, lambda it: [each.update({member: each[member] + 1}) for each in it["deliveries"]])
    with pytest.raises(BrokenPromiseError, match="add up"):
        books.check_files("a wrong sum")
    with pytest.raises(BrokenPromiseError, match="manifests count"):
        books.check_balance()


@pytest.mark.parametrize(
    ("change", "found"),
    [
        pytest.param(lambda it: it["published"]["2024Q1"]["inputs"][0].update(size_bytes=1), "names", id="size"),
        pytest.param(lambda it: it["published"]["2024Q1"]["inputs"][0].update(etag='"0"'), "names", id="etag"),
        pytest.param(lambda it: it.update(curated_snapshot_id=1), "another snapshot", id="snapshot"),
    ],
)
def test_run_manifest_that_names_other_files_is_found(lake, books, change, found):
    edit(lake, newest_run(lake), change)
    with pytest.raises(BrokenPromiseError, match=found):
        books.check_balance()


@pytest.mark.parametrize("member", ["size_bytes", "crc64nvme", "source_crc64nvme"])
def test_delivery_manifest_that_is_wrong_is_found(lake, books, member):
    sequence = Sequence(lake, 0)
    assert sequence._send(dict(books._model.raw), None) is None
    books.check_delivery_manifest("2024Q1")
    edit(lake, f"{MANIFESTS}2024Q1.json", lambda it: [each.update({member: 0}) for each in it["files"].values()])
    with pytest.raises(BrokenPromiseError, match="manifest of delivery 2024Q1"):
        books.check_delivery_manifest("2024Q1")
    with pytest.raises(BrokenPromiseError, match=r"2024Q1\.json has"):
        books.check_files("an upload")


def test_delivery_manifest_that_lacks_a_file_is_found(lake, books):
    assert Sequence(lake, 0)._send(dict(books._model.raw), None) is None
    edit(lake, f"{MANIFESTS}2024Q1.json", lambda it: it["files"].clear())
    with pytest.raises(BrokenPromiseError, match=r"names \[\]"):
        books.check_delivery_manifest("2024Q1")


def test_ledger_detects_an_orphan(lake, books):
    assert not books.orphans()
    lake.put(f"curated/{DATASET}/data/left.parquet", b"x")
    assert books.orphans() == {f"curated/{DATASET}/data/left.parquet"}


def test_tag_that_holds_other_rows_is_found(lake, books):
    books._model.tags["model-1"] = [("2024Q1",)]
    with pytest.raises(BrokenPromiseError, match="tag model-1"):
        books.check_files("a tag")


@pytest.mark.parametrize(("told", "landed"), [(None, False), (ConnectionClosedError(endpoint_url="x"), True)])
def test_ledger_detects_a_command_with_a_false_report(lake, told, landed):
    with pytest.raises(BrokenPromiseError, match="said"):
        Sequence(lake, 0)._check_told("a command", told, landed)
