"""`quartal contract try`: files judged by a contract as a run would, without Spark."""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from quartal.cli.app import app
from quartal.contracts.model import Contract, parse_contract
from quartal.contracts.trying import Example, try_files
from quartal.core.errors import ConfigurationError

ROOT = Path(__file__).parents[3]
SIGHTINGS = ROOT / "data" / "contracts" / "vehicle_sightings.yaml"
HEADER = "sighting_id,brand,date,time"
MANY_ROWS = HEADER + "\n" + "k1,a,b,c\n" * 90_000


def make_contract(policy: str = "keepFirst") -> Contract:
    text = SIGHTINGS.read_text("utf-8").replace("value: keepFirst", f"value: {policy}")
    return parse_contract(text, "c.yaml", "vehicle_sightings")


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    first = [
        HEADER,
        "k1,Opel,2024-01-01,10:00:00",
        "",
        "k2,,2024-01-01,10:00:00",
        'k3,"Kia, new",2024-01-02,10:00:00',
        "k4,Opel,soon,10:00:00",
        "k5,Opel",
    ]
    second = [HEADER, "k1,Opel,2024-01-01,10:00:00", "k1,Kia,2024-01-03,10:00:00", "k6,Opel,2024-01-01,11:00:00"]
    (tmp_path / "b.csv").write_text("\n".join(first), "utf-8")
    (tmp_path / "c.csv.gz").write_bytes(gzip.compress("\n".join(second).encode()))
    return [tmp_path / "c.csv.gz", tmp_path / "b.csv"]


def test_rows_are_kept_quarantined_and_duplicates_as_in_a_run(files: list[Path]) -> None:
    trial = try_files(make_contract(), files)
    assert (trial.rows, trial.kept, trial.quarantined, trial.duplicates, trial.conflicts) == (8, 3, 3, 2, 1)
    missing = {"brand.required": 1, "date.format": 1, "row.field_count": 1, "date.required": 1, "time.required": 1}
    assert trial.broken == missing
    assert Example("brand.required", "b.csv", 4, "", "k2,,2024-01-01,10:00:00") in trial.examples
    assert Example("date.format", "b.csv", 6, "soon", "k4,Opel,soon,10:00:00") in trial.examples
    assert Example("row.field_count", "b.csv", 7, None, "k5,Opel") in trial.examples
    assert trial.days == (("Opel", date(2024, 1, 1), 2), ("Kia, new", date(2024, 1, 2), 1))


@pytest.mark.parametrize(
    ("policy", "counts", "days"),
    [
        pytest.param("keepLast", (3, 2, 2), {("Opel", 1): 1, ("Kia, new", 2): 1, ("Kia", 3): 1}, id="the last"),
        pytest.param("quarantineBoth", (2, 0, 0), {("Opel", 1): 1, ("Kia, new", 2): 1}, id="none"),
    ],
)
def test_rows_that_share_a_key_are_resolved_by_the_policy(
    files: list[Path], policy: str, counts: tuple[int, int, int], days: dict[tuple[str, int], int]
) -> None:
    trial = try_files(make_contract(policy), files)
    assert (trial.kept, trial.duplicates, trial.conflicts) == counts
    assert Counter({(entity, day.day): rows for entity, day, rows in trial.days}) == days
    assert trial.broken.get("row.conflict", 0) == (3 if policy == "quarantineBoth" else 0)


def test_command_shows_rules_with_examples_and_the_first_days(files: list[Path]) -> None:
    arguments = ["contract", "try", *map(str, files), "--contract", str(SIGHTINGS)]
    shown = CliRunner().invoke(app, arguments)
    assert shown.exit_code == 0
    assert "8 rows: 3 kept, 3 quarantined, 2 duplicates, of which 1 differs" in shown.output
    assert "b.csv:4" in shown.output
    told = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).output)
    assert (told["kept"], told["quarantined"], told["broken"]["date.format"]) == (3, 3, 1)


def test_place_of_a_row_is_its_line_where_records_have_several(tmp_path: Path) -> None:
    text = SIGHTINGS.read_text("utf-8").replace("encoding: UTF-8 }", "multiLine: true }")
    contract = parse_contract(text, "c.yaml", "vehicle_sightings")
    bad = "k{},Opel,soon,10:00:00\n"
    header = 'sighting_id,brand,date,time,"a\nnote"\n'
    rows = [
        'k1,"Kia\r\nor\rnot",2024-01-02,10:00:00,\n',
        "\n",
        'k2,Opel,soon,10:00:00,"a\nb"\n',
        "k3,Opel,soon,1:00,\n",
    ]
    (tmp_path / "a.csv").write_bytes((header + "".join(rows)).encode())
    (tmp_path / "b.csv").write_bytes(f"{HEADER}\n{bad.format(4)}".encode())
    found = {(each.file, each.place, each.raw[:2]) for each in try_files(contract, [tmp_path]).examples}
    assert found == {("a.csv", 7, "k2"), ("a.csv", 9, "k3"), ("b.csv", 2, "k4")}


def test_rules_in_sql_are_left_to_a_run() -> None:
    charging = ROOT / "data" / "contracts" / "charging_sessions.yaml"
    contract = parse_contract(charging.read_text("utf-8"), "c.yaml", "charging_sessions")
    assert try_files(contract, []).unjudged == ("row.plausible_power",)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        pytest.param("a.csv", b"x,y\n", "lacks the required column", id="header"),
        pytest.param("a.csv.gz", gzip.compress(MANY_ROWS.encode())[:-9], "a.csv.gz cannot be unpacked", id="cut"),
        pytest.param("none.csv", None, "none.csv", id="not there"),
    ],
)  # fmt: skip
def test_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigurationError) as raised:
        try_files(make_contract(), [tmp_path / name])
    assert message in str(raised.value)


def test_dataset_of_several_is_to_be_named(tmp_path: Path) -> None:
    document = yaml.safe_load(SIGHTINGS.read_text("utf-8"))
    document["schema"].append({**document["schema"][0], "name": "other_sightings"})
    contract = tmp_path / "both.yaml"
    contract.write_text(yaml.safe_dump(document), "utf-8")
    (tmp_path / "a.csv").write_text(f"{HEADER}\nk1,Opel,2024-01-01,10:00:00\n", "utf-8")
    arguments = ["contract", "try", str(tmp_path / "a.csv"), "--contract", str(contract)]
    refused = CliRunner().invoke(app, arguments)
    assert isinstance(refused.exception, ConfigurationError)
    assert "vehicle_sightings, other_sightings" in str(refused.exception)
    assert CliRunner().invoke(app, [*arguments, "--dataset", "other_sightings"]).exit_code == 0


def test_folder_is_judged_as_a_delivery(files: list[Path], tmp_path: Path) -> None:
    (tmp_path / "_SUCCESS").touch()
    (tmp_path / "empty.csv").touch()
    assert try_files(make_contract(), [tmp_path]) == try_files(make_contract(), files)
    (tmp_path / "nothing").mkdir()
    with pytest.raises(ConfigurationError, match="nothing has no files"):
        try_files(make_contract(), [tmp_path / "nothing"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("day\n".encode("utf-16"), "is UTF-16, but the contract expects csv in UTF-8", id="UTF-16"),
        pytest.param(b"PAR1\x15\x04", "is Parquet, but the contract expects csv", id="Parquet"),
        pytest.param(b"SQLite format 3\0", "The job cannot read .*: it is an SQLite database", id="SQLite"),
        pytest.param(b"shop\nA\n", r"lacks the required column .*its header is 'shop'$", id="other columns"),
        pytest.param(None, "cannot be read: No such file", id="nothing"),
    ],
)
def test_unsuitable_file_is_reported_in_terms_of_the_file(tmp_path: Path, content: bytes | None, message: str) -> None:
    file = tmp_path / "a.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=message):
        try_files(make_contract(), [file])


def test_stream_is_refused_since_it_is_read_twice(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(ConfigurationError, match="can be read only once"):
        try_files(make_contract(), [tmp_path / "a.csv"])


def test_key_that_restarts_in_each_file_is_reported(tmp_path: Path) -> None:
    for year in (2023, 2024):
        rows = [f"{n + 1},{year}-01-0{n + 1},A,{n}" for n in range(9)] + [
            f"{n},{year}-02-01,A,{n}" for n in (10, 11, 12)
        ]
        (tmp_path / f"{year}.csv").write_text("\n".join(["id,day,shop,amount", *rows]) + "\n")
    contract = tmp_path / "contract.yaml"
    drafted = CliRunner().invoke(
        app, ["contract", "init", str(tmp_path / "2023.csv"), "--dataset", "feed", "--out", str(contract)]
    )
    assert (drafted.exit_code, "id numbers the rows of this file" in drafted.stderr) == (0, True)
    tried = CliRunner().invoke(
        app, ["contract", "try", str(tmp_path / "2023.csv"), str(tmp_path / "2024.csv"), "--contract", str(contract)]
    )
    assert "12 rows have the id of another row and differ from it" in " ".join(tried.stderr.split())
    once = CliRunner().invoke(app, ["contract", "try", str(tmp_path / "2023.csv"), "--contract", str(contract)])
    assert "another row" not in once.stderr
