"""Drafts of contracts: sound, accepting what they were made of, or refused with the reason."""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
from datetime import date
from importlib import resources
from types import SimpleNamespace

import pytest
import yaml
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft201909Validator
from moto import mock_aws

from quartal.cli.app import run
from quartal.contracts.drafting import Choices, draft, draft_contract
from quartal.contracts.drafting.catalog_source import files_of_table
from quartal.contracts.drafting.database_source import table_sample
from quartal.contracts.drafting.questions import answered
from quartal.contracts.drafting.sources import read_sample
from quartal.contracts.linting import lint
from quartal.core.aws import AwsConnection
from quartal.core.errors import AwsError, ConfigurationError
from tests.unit.quartal.drafting.drafts import AMBIGUOUS, EXAMPLE, ROOT, contract_in, day, drafted_from, shop, table


def test_names_that_terraform_would_take_for_booleans_are_quoted(tmp_path):
    drafted = drafted_from(tmp_path, table("day,x,y,N", lambda n: f"{day(n)},{n},{n * 3}.5,{shop(n)}"))
    assert "{name: 'y'," in drafted.text
    assert "physicalName: 'N'" in drafted.text
    assert [column.name for column in contract_in(drafted).columns] == ["day", "x", "y", "n"]


def test_init_drafts_numbers_timestamps_and_measures_as_they_are_written(tmp_path):
    lines = ["ride;station;left_at;fee;minutes;member;zip;at"]
    for n in range(40):
        left, member = f"2024-05-0{n % 9 + 1}T10:00:00+02:00", "true" if n % 2 else "FALSE"
        lines.append(f"R{n};S{n % 3};{left};{n},50;{n};{member};0{n};2024-05-01 07:00:00")
    (tmp_path / "rides.csv").write_text("\n".join(lines))
    text = draft(tmp_path / "rides.csv", "rides").text
    standard = json.loads(resources.files("open_data_contract_standard").joinpath("schema.json").read_text())
    assert [error.message for error in Draft201909Validator(standard).iter_errors(yaml.safe_load(text))] == []
    contract = lint(text, "c.yaml").contracts["rides"]
    assert [(column.name, column.logical_type) for column in contract.columns] == [
        ("ride", "string"),
        ("station", "string"),
        ("left_at", "timestamp"),
        ("fee", "number"),
        ("minutes", "integer"),
        ("member", "boolean"),
        ("zip", "string"),
        ("at", "timestamp"),
    ]
    assert contract.column("left_at").rules.format == "yyyy-MM-dd'T'HH:mm:ssXXX"
    assert contract.column("fee").rules.decimal_separator == ","
    assert contract.column("at").rules.time_zone == "UTC"
    assert "#   at: has no offset; read as UTC" in text.splitlines()
    assert contract.features.event_time.model_dump(exclude_none=True) == {"timestamp": "left_at"}
    assert [measure.column for measure in contract.features.measures] == ["fee", "minutes"]


ORDERS = "order;placed;at;shop;amount\n" + "".join(
    f"A-{n};{1 + n % 28:02d}.03.2024;{n % 24:02d}:15:00;{('Nord', 'Süd')[n % 2]};{n},50\n" for n in range(60)
)


def test_init_drafts_a_contract_that_lints_with_its_guesses_marked(tmp_path, capsys):
    feed, out = tmp_path / "orders-2024.csv.gz", tmp_path / "contracts" / "orders.yaml"
    feed.write_bytes(gzip.compress(ORDERS.encode("utf-8-sig")))
    assert run(["contract", "init", str(feed), "--dataset", "orders", "--out", str(out)]) == 0
    linted = lint(out.read_text(), str(out))
    assert linted.problems == ()
    contract = linted.contracts["orders"]
    assert (contract.key, contract.features.entity, contract.csv.delimiter) == (("order",), ("shop",), ";")
    assert contract.features.event_time.model_dump(exclude_none=True) == {"date": "placed", "time": "at"}
    assert contract.column("placed").rules.format == "dd.MM.yyyy"
    assert contract.column("placed").rules.minimum == date(2000, 1, 1)
    assert "days of events: from 2000-01-01 to the day after a file's upload" in out.read_text()
    assert "entity: shop (2 different values" in out.read_text()
    assert run(["contract", "init", str(feed), "--out", str(out)]) == 2  # it is not overwritten
    capsys.readouterr()
    assert run(["contract", "init", str(feed), "--dataset", "orders", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["dataset"], told["contract"], told["file"]) == ("orders", out.read_text(), None)
    assert (told["rows"], told["kept"], told["quarantined"], told["broken"]) == (60, 60, 0, {})


def test_init_of_the_sample_drafts_its_contract(capsys):
    sample = next((ROOT / "data" / "sample" / "vehicle_sightings" / "delivery=2024Q1").glob("*.csv"))
    assert run(["contract", "init", str(sample)]) == 0
    drafted = lint(capsys.readouterr().out, "draft").contracts["vehicle_sightings"]
    written = lint(EXAMPLE.read_text(), "c.yaml").contracts["vehicle_sightings"]
    assert (drafted.key, drafted.features.entity, drafted.features.event_time) == (
        written.key,
        written.features.entity,
        written.features.event_time,
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "is empty", id="empty"),
        pytest.param(b"a,b\n", "has no rows below its only line", id="no rows"),
        pytest.param("name,day\nOpel,2024-01-01\n".encode("utf-16-le"), "not UTF-8", id="another encoding"),
        pytest.param(b"name,day\nOpel,x\n", "holds dates", id="no date"),
        pytest.param(b"shop,on,on\nx,2024-01-01,1\nx,2024-01-02,1\n", "appears twice", id="a name twice"),
        pytest.param(b"name,day\nOpel,Jan 1 2024\n", "day: its dates have names of months", id="names of months"),
        pytest.param(b"name,day\nOpel,1/2/24\n", "day: its dates have a year of two digits", id="two digits"),
        pytest.param(b"name,at\nOpel,2024-01-01 10:00:00+02\n", "at: .* an offset in hours alone", id="PostgreSQL's"),
        pytest.param(b"name,died\nA,2024-01-01\nB,\nC,\n", "died: 1 of 3 rows have a day", id="few days"),
        pytest.param(b"name,on\nA,2024-01-01\nB,2024-01-02\nC,then\n", "on: .* for instance 'then'", id="other texts"),
        pytest.param(b"name,at\nA,2024-01-01 10:00 CET\n", "at: .* names of time zones", id="names of zones"),
        pytest.param(b",size\n2024-01-01,1\n2024-01-02,2\n", "The days .* column without a name", id="an index"),
        pytest.param(b"name,year\nOpel,2024\n", "year: only parts of dates", id="years"),
        pytest.param(b"name,clock\nOpel,1700000000\n", "clock: may be the time since 1970; --event", id="epoch"),
        pytest.param(
            b"name,day\nOpel,1/2/2024\n", "The dates in column day .* the day or the month", id="day or month"
        ),
        pytest.param(b"name,day\nOpel,1650-01-01\n", "Column day .* 1650-01-01", id="too early"),
        pytest.param(b"about Opels\n\nname,day,x\nA,2024-01-01,1\n", "1 values", id="a title before the header"),
        pytest.param(b"x,x\ny,z\n", "it repeats a value", id="neither a header nor data"),
        pytest.param(b"name,day\n1,A,2024-01-01\n2,B,2024-01-02\n", "names 2 columns", id="R's row names"),
        pytest.param(b'[{"day": "2024-01-01"}]', "one JSON array", id="a JSON array"),
        pytest.param(b'{"day": 1}\nx\ny\n', "2 of 3 lines are not JSON objects", id="no JSON"),
        pytest.param(b"PAR1 and no more", "cannot be read", id="no Parquet"),
        pytest.param(b"\x1f\x8b\x08 and no more", "compressed with gzip", id="gzip under another name"),
    ],
)
def test_init_reports_why_a_file_is_not_a_feed(tmp_path, content, message):
    (tmp_path / "feed.csv").write_bytes(content)
    with pytest.raises(ConfigurationError, match=message):
        draft(tmp_path / "feed.csv", "feed")


@given(
    names=st.lists(st.from_regex(r"[a-z][a-z_]{0,8}", fullmatch=True), min_size=1, max_size=4, unique=True),
    cells=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=1, max_size=30),
)
def test_init_drafts_a_sound_contract_or_reports_why_not(tmp_path_factory, names, cells):
    feed = tmp_path_factory.mktemp("feed") / "feed.csv"
    rows = [",".join(["2024-01-05", "x", *cells[:1]]) for _ in range(3)]
    feed.write_text("\n".join([",".join(["on", "of", *names]), *rows]), encoding="utf-8")
    try:
        drafted = draft(feed, "feed")
    except ConfigurationError:
        return
    assert lint(drafted.text, "draft").problems == ()
    assert drafted.verdict.kept == drafted.verdict.rows


def test_choices_of_the_user_hold(tmp_path):
    rows = table("a,b,shop,kind,code", lambda n: f"{day(n)},{day(n + 2)},{shop(n)},{'xyz'[n % 3]},K{n}")
    contract = contract_in(drafted_from(tmp_path, rows, Choices("b", ("shop", "kind"), ("code",))))
    assert (contract.features.event_time.date, contract.features.entity, contract.key) == (
        "b",
        ("shop", "kind"),
        ("code",),
    )
    contract = contract_in(drafted_from(tmp_path, rows, Choices(entity=("none",), key=("none",))))
    assert (contract.features.entity, contract.key) == ((), ())
    with pytest.raises(ConfigurationError, match="has no column shops"):
        drafted_from(tmp_path, rows, Choices(entity=("shops",)))


def test_questions_come_with_evidence_for_the_answers(tmp_path):
    rows = table(
        "day,paid,shop,kind,code", lambda n: f"{AMBIGUOUS.splitlines()[n + 1][:10]},{day(n)},{shop(n)},x{n % 3},K{n}"
    )
    (tmp_path / "feed.csv").write_text(rows)
    asked: list[tuple[str, dict[str, str], str]] = []
    replies = iter(["month", "day", "none", "code"])

    def ask(question, answers, default):
        asked.append((question, dict(answers), default))
        return next(replies)

    sample = read_sample(tmp_path / "feed.csv")
    choices = answered(sample, "feed", Choices(), ask)
    assert choices == Choices("day", ("none",), ("code",), "month")
    assert "day" in asked[0][0]
    assert asked[1][1]["paid"] == f"from {day(0)} to {day(39)}"
    assert asked[2][1]["shop"] == "2 different values: A, B"
    assert contract_in(draft_contract(sample, "feed", choices)).key == ("code",)


def test_init_without_answers_reports_the_missing_terminal(tmp_path, capsys, monkeypatch):
    (tmp_path / "feed.csv").write_text(AMBIGUOUS)
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert run(["contract", "init", str(tmp_path / "feed.csv"), "--interactive"]) == 2
    assert "There is no terminal to ask: day" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", io.StringIO("month\nnone\n"))
    assert run(["contract", "init", str(tmp_path / "feed.csv"), "--interactive"]) == 0
    assert "MM/dd/yyyy" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="nothing"),
        pytest.param(["feed.csv", "--glue-table", "a.b"], id="two sources"),
        pytest.param(["--table", "a"], id="a table of no database"),
        pytest.param(["feed.csv", "--date-order", "year"], id="another order"),
        pytest.param(["feed.csv", "--decimal-mark", "semicolon"], id="another mark"),
    ],
)
def test_invalid_arguments_are_refused(tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "feed.csv").write_text(AMBIGUOUS)
    assert run(["contract", "init", *arguments]) == 2


def test_table_of_a_database_is_drafted_with_its_key(tmp_path, monkeypatch):
    file = tmp_path / "shop.db"
    with sqlite3.connect(file) as database:
        database.execute("create table sales (no integer primary key, day text, Shop text, amount real, note blob)")
        rows = [(n, day(n), shop(n), n / 4, None) for n in range(40)]
        database.executemany("insert into sales values (?, ?, ?, ?, ?)", rows)
    url = f"sqlite:///{file}"
    drafted = draft_contract(table_sample(url, "sales"), "sales")
    contract = contract_in(drafted)
    assert (contract.key, contract.features.entity, drafted.verdict.kept) == (("no",), ("shop",), 40)
    assert run(["contract", "init", "--url", url, "--table", "sales"]) == 0
    monkeypatch.setenv("QUARTAL_INGEST_URL", url)
    assert run(["contract", "init", "--table", "sales"]) == 0
    with sqlite3.connect(file) as database:
        database.execute("delete from sales")
    with pytest.raises(ConfigurationError, match="Table sales has no rows"):
        table_sample(url, "sales")


def test_init_refuses_a_source_without_files(tmp_path):
    with pytest.raises(ConfigurationError, match="has no files"):
        draft(tmp_path, "feed")
    with pytest.raises(ConfigurationError, match=r"none\.csv cannot be read: No such file"):
        draft(tmp_path / "none.csv", "feed")


def test_column_with_an_impossible_name_is_left_out_with_a_note(tmp_path):
    drafted = drafted_from(tmp_path, table('day,"sh\top",shop\xa0no', lambda n: f"{day(n)},{shop(n)},{n % 3}"))
    assert [column.name_in_file for column in contract_in(drafted).columns] == ["day", "shop\xa0no"]
    assert "#   sh\\top is left out: its name is not valid in a contract" in drafted.text.splitlines()


def test_table_of_the_catalog_is_drafted_from_its_files(monkeypatch):
    connection = AwsConnection("eu-central-1", None, "test", "test")
    with mock_aws():
        s3, glue = connection.s3(), connection.glue()
        s3.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        for number in range(4):
            content = table("day,shop,amount", lambda n, of=number: f"{day(n)},{shop(n)},{n % 7 + of}")
            s3.put_object(Bucket="lake", Key=f"raw/sales/part-{number}.csv", Body=content.encode())
        glue.create_database(DatabaseInput={"Name": "lake"})
        for name, folder in (("sales", "raw/sales/"), ("empty", "raw/nothing/")):
            storage = {"Location": f"s3://lake/{folder}", "Columns": [{"Name": "day", "Type": "string"}]}
            glue.create_table(DatabaseName="lake", TableInput={"Name": name, "StorageDescriptor": storage})
        with files_of_table(connection, "lake.sales") as folder:
            drafted = draft(folder, "sales")
        assert (drafted.verdict.kept, contract_in(drafted).features.entity) == (120, ("shop",))
        for name, message in (("lake.none", "no table lake.none"), ("lake.empty", "has no files below s3://lake/raw")):
            with pytest.raises(ConfigurationError, match=message), files_of_table(connection, name):
                pass


def test_table_that_may_not_be_read_is_not_called_absent():
    glue = AwsConnection("eu-central-1", None, "test", "test").glue()
    with Stubber(glue) as stubber:
        stubber.add_client_error("get_table", "AccessDeniedException", "not for you")
        reader = SimpleNamespace(glue=lambda: glue, s3=lambda: None)
        with pytest.raises(AwsError, match="not for you"), files_of_table(reader, "lake.sales"):
            pass


def test_init_asks_for_the_decimal_mark(tmp_path, monkeypatch, capsys):
    (tmp_path / "feed.csv").write_text('day,shop,amount\n2024-01-01,A,"1,250"\n2024-01-02,B,"3,100"\n')
    monkeypatch.setattr("sys.stdin", io.StringIO("point\n\n\n\n"))
    assert run(["contract", "init", str(tmp_path / "feed.csv"), "--interactive"]) == 0
    assert "thousandsSeparator" in capsys.readouterr().out
