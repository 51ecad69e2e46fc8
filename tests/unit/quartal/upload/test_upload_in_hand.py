"""A delivery in hand: what else lies there, what is replaced, what is taken out, and the command itself."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from etl_job.lake.files import Undeleted, UndeletedError
from quartal.cli.app import run
from quartal.core.errors import ConfigurationError, UploadError
from quartal.deliver.upload import uploads
from quartal.deliver.upload.delivery_contents import Likeness
from quartal.deliver.upload.delivery_manifest import ManifestStore
from quartal.deliver.upload.similar_names import similar_deliveries
from quartal.deliver.upload.uploads import Exchange, UploadOptions, plan_upload
from quartal.terraform.outputs import Deployment
from quartal.workspace import Workspace
from tests.unit.quartal.manifest_examples import empty_manifest
from tests.unit.quartal.upload.bucket import RAW, going, keys, recorded


def test_report_names_the_other_files_that_a_run_reads(upload, connection, bucket, twice: Path):
    connection.s3().put_object(Bucket=bucket, Key=f"{RAW}delivery=2024Q1/_x.csv", Body=b"x")
    connection.s3().put_object(Bucket=bucket, Key=f"{RAW}delivery=2024Q1/empty.csv", Body=b"")
    report = upload(plan_upload([twice / "a.csv"], raw_prefix=RAW, delivery="2024Q1"))
    assert report.others == (f"{RAW}delivery=2024Q1/b.csv",)


def test_empty_files_are_reported(upload, tmp_path: Path):
    (tmp_path / "a.json").touch()
    report = upload(plan_upload([tmp_path], raw_prefix=RAW, delivery="2024Q1"))
    assert [item.path.name for item in report.without_bytes] == ["a.json"]


def test_replace_leaves_exactly_the_files_that_are_uploaded(upload, connection, bucket, twice: Path):
    connection.s3().put_object(Bucket=bucket, Key=f"{RAW}delivery=2024Q1/_x.csv", Body=b"x")
    connection.s3().put_object(Bucket=bucket, Key=f"{RAW}delivery=2024Q11/c.csv", Body=b"x")
    (twice / "b.csv").unlink()
    items = plan_upload([twice], raw_prefix=RAW, delivery="2024Q1")
    report = upload(items, exchange=Exchange(replace=True))
    kept = f"{RAW}delivery=2024Q1/a.csv"
    assert keys(connection, bucket) == [kept, f"{RAW}delivery=2024Q11/c.csv"]
    assert recorded(connection, bucket) == [kept]
    assert report.removed == (f"{RAW}delivery=2024Q1/_x.csv", f"{RAW}delivery=2024Q1/b.csv")
    assert upload(items, exchange=Exchange(replace=True)).removed == ()


def put_spelled_otherwise(connection, bucket) -> str:
    """A file of the same delivery in another spelling of its folder, which the job reads too (G25)."""
    key = f"{RAW}Delivery=2024Q1/old.csv"
    connection.s3().put_object(Bucket=bucket, Key=key, Body=b"id\nold\n")
    connection.s3().put_object(Bucket=bucket, Key=f"{RAW}Delivery=2024Q2/other.csv", Body=b"id\nx\n")
    return key


def test_replace_removes_files_in_another_spelling_of_the_folder(upload, connection, bucket, twice: Path):
    old = put_spelled_otherwise(connection, bucket)
    report = upload(plan_upload([twice], raw_prefix=RAW, delivery="2024Q1"), exchange=Exchange(replace=True))
    assert report.removed == (old,)
    assert old not in keys(connection, bucket)
    assert f"{RAW}Delivery=2024Q2/other.csv" in keys(connection, bucket)


def test_remove_takes_a_file_by_another_spelling_of_the_folder(upload, connection, bucket, twice: Path):
    old = put_spelled_otherwise(connection, bucket)
    items = plan_upload([twice], raw_prefix=RAW, delivery="2024Q1")
    exchange = Exchange(remove=("Delivery=2024Q1/old.csv",))
    report = upload(items, exchange=exchange, folder=f"{RAW}delivery=2024Q1/")
    assert report.removed == (old,)


def test_report_names_files_in_another_spelling_of_the_folder(upload, connection, bucket, twice: Path):
    old = put_spelled_otherwise(connection, bucket)
    report = upload(plan_upload([twice], raw_prefix=RAW, delivery="2024Q1"))
    assert report.others == (old,)


def test_replace_repairs_a_manifest_that_names_missing_files(upload, connection, bucket, twice: Path):
    for name in ("a.csv", "b.csv"):
        connection.s3().delete_object(Bucket=bucket, Key=f"{RAW}delivery=2024Q1/{name}")
    upload(plan_upload([twice / "a.csv"], raw_prefix=RAW, delivery="2024Q1"), exchange=Exchange(replace=True))
    assert recorded(connection, bucket) == keys(connection, bucket) == [f"{RAW}delivery=2024Q1/a.csv"]


@pytest.mark.parametrize("exchange", [Exchange(replace=True), Exchange(remove=("b.csv",))], ids=["replace", "remove"])
@pytest.mark.parametrize("is_gone_before", [False, True], ids=["again", "back"])
def test_file_uploaded_meanwhile_by_another_upload_is_not_removed(
    upload, connection, bucket, twice: Path, exchange: Exchange, is_gone_before: bool
):
    s3, b = connection.s3(), f"{RAW}delivery=2024Q1/b.csv"
    if is_gone_before:
        s3.delete_object(Bucket=bucket, Key=b)
    items = plan_upload([twice / "a.csv"], raw_prefix=RAW, delivery="2024Q1")
    with pytest.raises(UploadError, match=r"Another upload has written .*b\.csv .*Nothing was removed") as error:
        upload(
            items,
            exchange=exchange,
            folder=f"{RAW}delivery=2024Q1/",
            on_bytes=lambda _: s3.put_object(Bucket=bucket, Key=b, Body=b"id\nnew\n"),
        )
    assert "again" in error.value.remedy
    assert s3.get_object(Bucket=bucket, Key=b)["Body"].read() == b"id\nnew\n"
    assert b in recorded(connection, bucket)


def test_record_lists_files_to_remove_until_they_are_removed(upload, connection, bucket, twice: Path):
    # a run that comes meanwhile must not read the old files beside the new ones
    b, said = f"{RAW}delivery=2024Q1/b.csv", []
    (twice / "c.csv").write_text("id\nc\n")
    items = plan_upload([twice / "c.csv"], raw_prefix=RAW, delivery="2024Q1")
    upload(items, exchange=Exchange(replace=True), on_bytes=lambda _: said.append(going(connection, bucket)))
    assert said == [(f"{RAW}delivery=2024Q1/a.csv", b)]
    assert going(connection, bucket) == ()


def test_upload_that_ends_before_its_removals_is_finished_or_undone_by_another(upload, connection, bucket, twice: Path):
    items = plan_upload([twice / "a.csv"], raw_prefix=RAW, delivery="2024Q1")
    b = plan_upload([twice / "b.csv"], raw_prefix=RAW, delivery="2024Q1")
    (twice / "a.csv").rename(twice / "away")
    with pytest.raises(UploadError, match="was not uploaded"):
        upload(items, exchange=Exchange(replace=True))
    assert going(connection, bucket) == (b[0].key,)
    upload(b)  # it is to stay
    assert going(connection, bucket) == ()
    (twice / "away").rename(twice / "a.csv")
    upload(items, exchange=Exchange(replace=True))
    assert (recorded(connection, bucket), going(connection, bucket)) == ([items[0].key], ())


@pytest.mark.parametrize("exchange", [Exchange(), Exchange(replace=True)], ids=["upload", "replace"])
def test_removed_file_is_no_longer_listed_for_removal(upload, connection, bucket, twice: Path, exchange: Exchange):
    # as after an upload that ended between its removals and its record
    store = ManifestStore(connection.s3(), bucket, "deliveries/sightings/")
    store.announce_removal("2024Q1", [f"{RAW}delivery=2024Q1/gone.csv"])
    upload(plan_upload([twice], raw_prefix=RAW, delivery="2024Q1"), exchange=exchange)
    assert going(connection, bucket) == ()
    assert len(recorded(connection, bucket)) == 2


def test_replacement_that_could_not_be_uploaded_takes_nothing_out(upload, connection, bucket, twice: Path):
    items = plan_upload([twice / "a.csv"], raw_prefix=RAW, delivery="2024Q1")
    (twice / "a.csv").unlink()
    with pytest.raises(UploadError, match="was not uploaded"):
        upload(items, exchange=Exchange(replace=True))
    assert (
        recorded(connection, bucket)
        == keys(connection, bucket)
        == [
            f"{RAW}delivery=2024Q1/a.csv",
            f"{RAW}delivery=2024Q1/b.csv",
        ]
    )


def test_file_can_be_taken_out_alone_or_for_another(upload, connection, bucket, twice: Path):
    folder = f"{RAW}delivery=2024Q1/"
    (twice / "b_corrected.csv").write_text("id\nx\n")
    items = plan_upload([twice / "b_corrected.csv"], raw_prefix=RAW, delivery="2024Q1")
    report = upload(items, exchange=Exchange(remove=("b.csv",)), folder=folder)
    assert (report.removed, report.likenesses) == ((f"{folder}b.csv",), ())
    upload((), exchange=Exchange(remove=("a.csv",)), folder=folder)
    assert recorded(connection, bucket) == keys(connection, bucket) == [f"{folder}b_corrected.csv"]


@pytest.mark.parametrize(
    ("uploaded", "removed", "message", "remedy"),
    [
        pytest.param((), ("c.csv",), "has no file c.csv", "a.csv, b.csv", id="unknown"),
        pytest.param((), ("a.csv", "b.csv"), "No file of delivery 2024Q1 would be left", "--withdraw 2024Q1", id="all"),
        pytest.param(("a.csv",), ("a.csv",), "both uploaded and removed", "Leave out --remove", id="own"),
    ],
)
def test_invalid_removal_is_refused(
    upload, connection, bucket, twice: Path, uploaded: tuple[str, ...], removed: tuple[str, ...], message, remedy
):
    items = plan_upload([twice / name for name in uploaded], raw_prefix=RAW, delivery="2024Q1")
    with pytest.raises(ConfigurationError, match=message) as error:
        upload(items, exchange=Exchange(remove=removed), folder=f"{RAW}delivery=2024Q1/")
    assert remedy in error.value.remedy
    assert len(keys(connection, bucket)) == 2


def test_undeleted_file_is_reported_and_sent_files_are_recorded(upload, connection, bucket, twice: Path, monkeypatch):
    def refuse(_self, uris):
        raise UndeletedError([Undeleted(uris[0], "AccessDenied", "Access Denied")])

    monkeypatch.setattr("etl_job.lake.files.S3ObjectStore.delete_all", refuse)
    (twice / "c.csv").write_text("id\nc\n")
    items = plan_upload([twice / "c.csv"], raw_prefix=RAW, delivery="2024Q1")
    with pytest.raises(UploadError, match=r"still there: .*b\.csv was not deleted") as error:
        upload(items, exchange=Exchange(remove=("b.csv",)), folder=f"{RAW}delivery=2024Q1/")
    assert "s3:DeleteObject" in error.value.remedy
    assert recorded(connection, bucket) == keys(connection, bucket)
    assert len(recorded(connection, bucket)) == 3


@pytest.mark.parametrize(
    ("new", "text", "other", "is_same"),
    [
        pytest.param("other.csv", "id\na.csv\n", "a.csv", True, id="same content"),
        pytest.param("a_corrected.csv", "id\nx\n", "a.csv", False, id="corrected"),
        pytest.param("B (1).CSV", "id\nx\n", "b.csv", False, id="second download"),
        pytest.param("a.v2.csv", "id\nx\n", "a.csv", False, id="version"),
    ],
)
def test_file_that_looks_like_another_one_of_its_delivery_is_pointed_out(
    upload, twice: Path, new: str, text: str, other: str, is_same: bool
):
    (twice / new).write_text(text)
    report = upload(plan_upload([twice / new], raw_prefix=RAW, delivery="2024Q1"))
    folder = f"{RAW}delivery=2024Q1/"
    assert report.likenesses == (Likeness(folder + new, folder + other, is_same),)


def test_name_in_another_unicode_form_is_pointed_out_and_can_be_removed(upload, connection, bucket, twice: Path):
    composed, decomposed = "caf\u00e9.csv", "cafe\u0301.csv"  # as a keyboard writes it, and as macOS stores it
    folder = f"{RAW}delivery=2024Q1/"
    for name in (composed, decomposed):
        (twice / name).write_text(f"id\n{name}\n")
        report = upload(plan_upload([twice / name], raw_prefix=RAW, delivery="2024Q1"))
    assert report.likenesses == (Likeness(folder + decomposed, folder + composed, is_same=False),)
    upload((), exchange=Exchange(remove=(composed,)), folder=folder)
    assert folder + decomposed in keys(connection, bucket)
    upload((), exchange=Exchange(remove=(composed,)), folder=folder)
    assert keys(connection, bucket) == [f"{folder}a.csv", f"{folder}b.csv"]


def test_compressed_copy_of_a_file_is_pointed_out(upload, twice: Path):
    items = plan_upload([twice / "a.csv"], raw_prefix=RAW, delivery="2024Q1", compress=True)
    folder = f"{RAW}delivery=2024Q1/"
    assert upload(items).likenesses == (Likeness(f"{folder}a.csv.gz", f"{folder}a.csv", is_same=True),)


def test_parts_of_an_export_are_no_versions_of_each_other(upload, tmp_path: Path):
    for number in range(12):
        (tmp_path / f"part-{number}.csv").write_text(f"id\n{number}\n")
    assert upload(plan_upload([tmp_path], raw_prefix=RAW, delivery="2024Q1")).likenesses == ()


@pytest.fixture
def command_line(connection, bucket, project, monkeypatch) -> None:
    """`quartal upload` into the test's own bucket, by the contract of the example feed."""
    deployment = Deployment("us-east-1", bucket, "vehicle_sightings", RAW, "db", "c", "j", "w", "", {})
    contracts = project / "data" / "contracts"
    contracts.mkdir(parents=True, exist_ok=True)
    shutil.copy(Path(__file__).parents[4] / "data" / "contracts" / "vehicle_sightings.yaml", contracts)
    monkeypatch.chdir(project)
    monkeypatch.setattr(Workspace, "deployment", deployment)
    monkeypatch.setattr(Workspace, "connection", connection)


def test_command_uploads_a_stream_and_replaces_and_removes_files(
    command_line, connection, bucket, tmp_path: Path, capsys
):
    header = "sighting_id,brand,date,time\n"
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(f"{header}{name},Opel,2024-01-01,10:00:00\n")
    assert run(["upload", str(tmp_path / "a.csv"), "--delivery", "2024Q1", "--name", "first.csv", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["uploaded"] == [f"{RAW}delivery=2024Q1/first.csv"]
    assert run(["upload", str(tmp_path / "b.csv"), "--delivery", "2024Q1", "--replace"]) == 0
    assert "1 file uploaded (<0.1 MB), 0 unchanged, 1 removed" in capsys.readouterr().out
    assert run(["upload", str(tmp_path / "a.csv"), "--delivery", "2024Q1"]) == 0
    assert "The next run also reads 1 file" in capsys.readouterr().err
    assert run(["upload", "--delivery", "2024Q1", "--remove", "b.csv", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["removed"] == [f"{RAW}delivery=2024Q1/b.csv"]
    assert keys(connection, bucket) == [f"{RAW}delivery=2024Q1/a.csv"]


@pytest.mark.parametrize(
    ("published", "code"),
    [({}, 0), ({"2024Q1": False}, 2), ({"2024Q1": True}, 0), (None, 2)],
    ids=["not yet", "published", "withdrawn", "unknown"],
)
def test_last_file_can_be_removed_unless_rows_of_it_may_be_published(
    command_line, connection, bucket, tmp_path: Path, capsys, published, code
):
    (tmp_path / "a.csv").write_text("sighting_id,brand,date,time\n1,Opel,2024-01-01,10:00:00\n")
    assert run(["upload", str(tmp_path / "a.csv"), "--delivery", "2024Q1"]) == 0
    state = {"run_id": "wr_1", "contract_hash": "c", "inputs": []}
    states = {name: state | {"withdrawn": is_out} for name, is_out in (published or {}).items()}
    body = json.dumps(empty_manifest(published=states)) if published is not None else "no manifest"
    connection.s3().put_object(Bucket=bucket, Key="runs/vehicle_sightings/wr_1.json", Body=body)
    capsys.readouterr()
    assert run(["upload", "--delivery", "2024Q1", "--remove", "a.csv"]) == code
    assert keys(connection, bucket) == ([f"{RAW}delivery=2024Q1/a.csv"] if code else [])
    assert ("--withdraw 2024Q1" in capsys.readouterr().err) == bool(code)


def test_delivery_that_differs_from_another_in_capitals_alone_is_pointed_out(
    command_line, connection, bucket, tmp_path: Path, capsys
):
    (tmp_path / "a.csv").write_text("sighting_id,brand,date,time\nx,Opel,2024-01-01,10:00:00\n")
    for name in ("2024q1", "2024Q11", "2024Q1"):
        assert run(["upload", str(tmp_path / "a.csv"), "--delivery", name]) == 0
        told = " ".join(capsys.readouterr().err.split())
        pair = (
            "Delivery 2024Q1 and delivery 2024q1 differ only in upper and lower case, and a run reads the rows of both."
        )
        assert (pair in told) is (name == "2024Q1")
    assert len(similar_deliveries(connection.s3(), "no-such-bucket", RAW, ["a", "A", "b"])) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param({"sources": []}, "No file or folder is named", id="nothing"),
        pytest.param({"sources": [], "exchange": Exchange(replace=True)}, "No file or folder", id="replace by nothing"),
        pytest.param(
            {"sources": [], "exchange": Exchange(remove=("a",)), "delivery": None}, "needs a delivery", id="remove"
        ),
        pytest.param({"sources": [Path("a"), Path("b")], "name": "x"}, "--name is for one file", id="two names"),
        pytest.param({"sources": [Path("a")], "name": "x", "delivery": None}, "--name is for one", id="no delivery"),
    ],
)
def test_options_of_an_upload_that_do_not_fit_are_refused(arguments, message):
    given = {"delivery": "2024Q1", "options": UploadOptions(), **arguments}
    workspace = SimpleNamespace(deployment=None, settings=None)
    with pytest.raises(ConfigurationError, match=message) as error:
        uploads.deliver(workspace, given.pop("sources"), **given)
    assert error.value.remedy
