"""Contracts linted, compared and drafted, with the job's own model."""

from __future__ import annotations

import copy
import gzip
import json
import subprocess
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft201909Validator

from quartal.cli.app import run
from quartal.contracts.compatibility import breaking_changes
from quartal.contracts.drafting import draft
from quartal.contracts.linting import Severity, lint
from quartal.errors import ConfigurationError

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "data" / "contracts" / "vehicle_sightings.yaml"


@pytest.fixture
def document() -> dict[str, Any]:
    return yaml.safe_load(EXAMPLE.read_text())


def text_of(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, sort_keys=False)


def columns_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    return document["schema"][0]["properties"]


def features_of(document: dict[str, Any]) -> dict[str, Any]:
    return document["schema"][0]["customProperties"][-1]["value"]


def custom_properties(document: dict[str, Any]) -> list[dict[str, Any]]:
    return document["schema"][0]["customProperties"]


def custom(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(entry["value"] for entry in custom_properties(document) if entry["property"] == name)


def numeric(kind: str, **options: Any) -> dict[str, Any]:
    return {"name": "toll", "logicalType": kind, "logicalTypeOptions": options}


def seen_at(document: dict[str, Any], zone: str) -> None:
    options = {"format": "yyyy-MM-dd HH:mm:ss", "timeZone": zone}
    columns_of(document).append(
        {"name": "seen_at", "logicalType": "timestamp", "required": True, "logicalTypeOptions": options}
    )
    features_of(document)["eventTime"] = {"timestamp": "seen_at"}


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str]]:
    old, new = (lint(text_of(each), "c.yaml") for each in (before, after))
    assert (old.problems, new.problems) == ((), ())
    found = breaking_changes(old.contracts["vehicle_sightings"], new.contracts["vehicle_sightings"], "c.yaml")
    return [(problem.severity, problem.field) for problem in found if problem.field != "version"]


def test_example_contract_has_nothing_wrong():
    linted = lint(EXAMPLE.read_text(), "c.yaml")
    assert (linted.problems, list(linted.contracts)) == ((), ["vehicle_sightings"])


def test_lint_says_all_that_is_wrong_with_field_and_remedy(document):
    columns_of(document)[1]["requird"] = True
    columns_of(document)[2]["logicalType"] = "day"
    del features_of(document)["count"]
    problems = lint(text_of(document), "c.yaml").problems
    fields = [problem.field for problem in problems]
    assert "vehicle_sightings.properties.1.requird" in fields
    assert "vehicle_sightings.properties.2.logicalType" in fields
    assert "vehicle_sightings.features.count" in fields
    assert all(problem.remedy and problem.file == "c.yaml" for problem in problems)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("a: [", "not YAML", id="no YAML"),
        pytest.param("a: 1", "list of datasets", id="no datasets"),
        pytest.param("schema: []", "empty", id="empty"),
        pytest.param("schema: [{name: feed}]", "kind must be DataContract", id="another kind"),
    ],
)
def test_lint_of_something_else_says_what_it_lacks(text, message):
    (problem,) = lint(text, "c.yaml").problems
    assert message in problem.message


def test_lint_refuses_a_pattern_that_is_no_regular_expression(document):
    columns_of(document)[0]["logicalTypeOptions"]["pattern"] = "[a-"
    (problem,) = lint(text_of(document), "c.yaml").problems
    assert problem.field == "vehicle_sightings.sighting_id.logicalTypeOptions.pattern"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            lambda d: columns_of(d).append({"name": "camera"}),
            lambda d: None,
            [(Severity.ERROR, "vehicle_sightings.properties.camera")],
            id="dropped column",
        ),
        pytest.param(
            lambda d: columns_of(d).append({"name": "seen"}),
            lambda d: columns_of(d).append(
                {"name": "seen", "logicalType": "date", "logicalTypeOptions": {"format": "yyyy-MM-dd"}}
            ),
            [
                (Severity.ERROR, "vehicle_sightings.properties.seen"),
                (Severity.WARNING, "vehicle_sightings.properties.seen.logicalTypeOptions"),
            ],
            id="narrowed type",
        ),
        pytest.param(
            lambda d: None,
            lambda d: features_of(d).update(lagDays=[1, 7]),
            [(Severity.ERROR, "vehicle_sightings_features.sightings_lag_28d")],
            id="removed feature",
        ),
        pytest.param(
            lambda d: None,
            lambda d: [columns_of(d)[0].pop(name) for name in ("primaryKey", "unique")],
            [(Severity.ERROR, "vehicle_sightings.primaryKey")],
            id="changed key",
        ),
        pytest.param(
            lambda d: None,
            lambda d: columns_of(d)[1]["logicalTypeOptions"].update(maxLength=10),
            [(Severity.WARNING, "vehicle_sightings.properties.brand.logicalTypeOptions")],
            id="stricter rule",
        ),
        pytest.param(
            lambda d: None, lambda d: columns_of(d)[1]["logicalTypeOptions"].update(maxLength=99), [], id="looser rule"
        ),
        pytest.param(
            lambda d: columns_of(d).append(numeric("integer", minimum=1)),
            lambda d: columns_of(d).append(numeric("number", minimum=0.5, decimalSeparator=".")),
            [],
            id="integer widened to a number",
        ),
        pytest.param(
            lambda d: columns_of(d).append(numeric("number", decimalSeparator=",", enum=["1", "2"])),
            lambda d: columns_of(d).append(numeric("integer", enum=["1", "2", "3"])),
            [
                (Severity.ERROR, "vehicle_sightings.properties.toll"),
                (Severity.WARNING, "vehicle_sightings.properties.toll.logicalTypeOptions"),
            ],
            id="number narrowed to an integer",
        ),
        pytest.param(
            lambda d: seen_at(d, "UTC"),
            lambda d: seen_at(d, "Europe/Berlin"),
            [
                (Severity.WARNING, "vehicle_sightings.properties.seen_at.logicalTypeOptions"),
                (Severity.ERROR, "vehicle_sightings.features.eventTime"),
            ],
            id="event time in another zone",
        ),
        pytest.param(
            lambda d: columns_of(d).append({"name": "camera", "required": True}),
            lambda d: (
                columns_of(d).append({"name": "camera", "required": True}),
                features_of(d).update(entity=["brand", "camera"]),
            ),
            [(Severity.ERROR, "vehicle_sightings.features.entity")],
            id="added entity column",
        ),
        pytest.param(
            lambda d: None,
            lambda d: custom(d, "csv").update(delimiter=";", encoding="ISO-8859-1"),
            [(Severity.ERROR, "vehicle_sightings.csv.delimiter"), (Severity.ERROR, "vehicle_sightings.csv.encoding")],
            id="another form of the files",
        ),
        pytest.param(
            lambda d: None,
            lambda d: custom(d, "csv").update(multiLine=True),
            [(Severity.WARNING, "vehicle_sightings.csv.multiLine")],
            id="line breaks within quotes",
        ),
        pytest.param(
            lambda d: custom_properties(d).remove(next(e for e in custom_properties(d) if e["property"] == "csv")),
            lambda d: (
                custom_properties(d).remove(next(e for e in custom_properties(d) if e["property"] == "csv")),
                custom_properties(d).insert(0, {"property": "files", "value": {"format": "jsonLines"}}),
            ),
            [(Severity.ERROR, "vehicle_sightings.files.format")],
            id="another format of the files",
        ),
        pytest.param(
            lambda d: None,
            lambda d: columns_of(d)[2]["logicalTypeOptions"].update(otherFormats=["d.M.yyyy"]),
            [],
            id="one more format of a date",
        ),
        pytest.param(
            lambda d: columns_of(d)[2]["logicalTypeOptions"].update(otherFormats=["d.M.yyyy"]),
            lambda d: None,
            [(Severity.WARNING, "vehicle_sightings.properties.date.logicalTypeOptions")],
            id="one format of a date less",
        ),
        pytest.param(
            lambda d: None,
            lambda d: features_of(d)["eventTime"].update(timeZone="Europe/Berlin"),
            [(Severity.ERROR, "vehicle_sightings.features.eventTime")],
            id="date and time in another zone",
        ),
        pytest.param(
            lambda d: None,
            lambda d: next(e for e in custom_properties(d) if e["property"] == "conflicts").update(value="keepLast"),
            [(Severity.WARNING, "vehicle_sightings.conflicts")],
            id="another row of a key is kept",
        ),
        pytest.param(lambda d: None, lambda d: columns_of(d).append({"name": "camera"}), [], id="new column"),
        pytest.param(lambda d: None, lambda d: features_of(d).update(lagDays=[1, 2, 7, 28]), [], id="new feature"),
    ],
)
def test_change_breaks_readers_or_not(document, before, after, expected):
    old, new = document, copy.deepcopy(document)
    before(old)
    after(new)
    assert changes(old, new) == expected


def test_init_drafts_numbers_timestamps_and_measures_as_they_are_written(tmp_path):
    lines = ["ride;station;left_at;fee;minutes;member;zip;at"]
    for n in range(40):
        left, member = f"2024-05-0{n % 9 + 1}T10:00:00+02:00", "true" if n % 2 else "FALSE"
        lines.append(f"R{n};S{n % 3};{left};{n},50;{n};{member};0{n};2024-05-01 07:00:00")
    (tmp_path / "rides.csv").write_text("\n".join(lines))
    text = draft(tmp_path / "rides.csv", "rides")
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
    assert "#   at: without an offset, taken for UTC" in text.splitlines()
    assert contract.features.event_time.model_dump(exclude_none=True) == {"timestamp": "left_at"}
    assert [measure.column for measure in contract.features.measures] == ["fee", "minutes"]


def test_changed_contract_should_have_another_version(document):
    new = copy.deepcopy(document)
    features_of(new)["lagDays"] = [1, 7, 14, 28]
    old, changed = (lint(text_of(each), "c.yaml").contracts for each in (document, new))
    (problem,) = breaking_changes(old["vehicle_sightings"], changed["vehicle_sightings"], "c.yaml")
    assert (problem.severity, problem.field) == (Severity.WARNING, "version")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    def git(*arguments: str) -> None:
        subprocess.run(
            ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments], cwd=tmp_path, check=True
        )

    git("init", "-q")
    (tmp_path / "feed.yaml").write_text(EXAMPLE.read_text())
    git("add", ".")
    git("commit", "-q", "-m", "first")
    return tmp_path


def test_lint_against_a_revision_refuses_what_breaks_readers(repository, document, capsys):
    file = repository / "feed.yaml"
    assert run(["contract", "lint", str(file), "--against", "HEAD"]) == 0
    features_of(document)["hourHistogram"] = False
    file.write_text(text_of(document))
    capsys.readouterr()
    assert run(["contract", "lint", str(file), "--against", "HEAD", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert {problem["field"] for problem in found if problem["severity"] == "error"} >= {
        "vehicle_sightings_features.hour_00"
    }
    assert run(["contract", "lint", str(file), "--against", "no-such-branch"]) == 2
    (repository / "new.yaml").write_text(EXAMPLE.read_text())
    assert run(["contract", "lint", str(repository / "new.yaml"), "--against", "HEAD"]) == 0


def problems_against_head(capsys, *files: Path) -> list[tuple[str, str, str]]:
    capsys.readouterr()
    run(["contract", "lint", *map(str, files), "--against", "HEAD", "--json"])
    found = json.loads(capsys.readouterr().out)
    return [(problem["severity"], problem["field"], problem["message"]) for problem in found]


def test_contract_in_a_renamed_or_moved_file_is_compared_by_its_dataset(repository, document, capsys):
    features_of(document)["lagDays"] = [1, 7]
    document["version"] = "2.0.0"
    (repository / "feed.yaml").unlink()
    for moved in (repository / "renamed.yaml", repository / "elsewhere" / "feed.yaml"):
        moved.parent.mkdir(exist_ok=True)
        moved.write_text(text_of(document))
        (problem,) = problems_against_head(capsys, moved)
        assert problem[:2] == ("error", "vehicle_sightings_features.sightings_lag_28d")
        moved.unlink()


def test_contract_whose_file_is_gone_is_missed(repository, document, capsys):
    (repository / "feed.yaml").unlink()
    document["schema"][0]["name"] = "other"
    (repository / "other.yaml").write_text(text_of(document))
    assert problems_against_head(capsys, repository / "other.yaml") == [
        ("error", "vehicle_sightings", "the dataset is gone")
    ]


def test_misspelt_custom_property_is_an_error_and_may_be_corrected(repository, document, capsys):
    file = repository / "feed.yaml"
    custom_properties(document).append({"property": "threshold", "value": {"quarantinedShare": 0.1}})
    file.write_text(text_of(document))
    assert run(["contract", "lint", str(file)]) == 1
    subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qam", "x"],
        cwd=repository,
        check=True,
    )
    custom_properties(document)[-1]["property"] = "thresholds"
    file.write_text(text_of(document))
    assert problems_against_head(capsys, file) == []


def test_show_lists_the_published_tables(capsys):
    assert run(["contract", "show", str(EXAMPLE), "--json"]) == 0
    (shown,) = json.loads(capsys.readouterr().out)
    features = {column["name"]: column["type"] for column in shown["tables"]["vehicle_sightings_features"]}
    assert (features["share"], features["sightings_lag_7d"], features["day"]) == ("double", "long", "date")
    assert run(["contract", "show", str(EXAMPLE)]) == 0
    assert "sightings_quarter_to_date" in capsys.readouterr().out


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
    assert json.loads(capsys.readouterr().out) == {"dataset": "orders", "contract": out.read_text(), "file": None}


def test_init_of_the_sample_finds_what_its_contract_says(capsys):
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
        pytest.param(b"", "no header", id="empty"),
        pytest.param(b"a,b\n", "no header and rows", id="no rows"),
        pytest.param(b"2024-01-01,Opel\n2024-01-02,Fiat\n", "'2024-01-01'", id="no header"),
        pytest.param(b"name,day\n\xff\xfe,x\n", "not UTF-8", id="another encoding"),
        pytest.param(b"name,day\nOpel,x\n", "holds a date", id="no date"),
        pytest.param(b"shop,on,on\nx,2024-01-01,1\nx,2024-01-02,1\n", "appears twice", id="a name twice"),
        pytest.param(b"share,on\nx,2024-01-01\nx,2024-01-02\n", "share would name two", id="a name of ours"),
        pytest.param(b"n,day\n1,2024-01-01\n2,2024-01-02\n", "features are about", id="no entity"),
    ],
)
def test_init_says_why_a_file_is_no_feed(tmp_path, content, message):
    (tmp_path / "feed.csv").write_bytes(content)
    with pytest.raises(ConfigurationError, match=message):
        draft(tmp_path / "feed.csv", "feed")


@given(
    names=st.lists(st.from_regex(r"[a-z][a-z_]{0,8}", fullmatch=True), min_size=1, max_size=4, unique=True),
    cells=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=1, max_size=30),
)
def test_init_drafts_a_sound_contract_or_says_why_not(tmp_path_factory, names, cells):
    feed = tmp_path_factory.mktemp("feed") / "feed.csv"
    rows = [",".join(["2024-01-05", "x", *cells[:1]]) for _ in range(3)]
    feed.write_text("\n".join([",".join(["on", "of", *names]), *rows]), encoding="utf-8")
    try:
        text = draft(feed, "feed")
    except ConfigurationError:
        return
    assert lint(text, "draft").problems == ()
