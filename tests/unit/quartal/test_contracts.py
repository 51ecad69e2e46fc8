"""Contracts linted, compared and drafted, with the job's own model."""

from __future__ import annotations

import copy
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from quartal.cli.app import run
from quartal.contracts.compatibility import breaking_changes
from quartal.contracts.linting import Severity, lint

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "data" / "contracts" / "vehicle_sightings.yaml"


@pytest.fixture
def document() -> dict[str, Any]:
    return yaml.safe_load(EXAMPLE.read_text())


def to_yaml(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, sort_keys=False)


def contract_columns(document: dict[str, Any]) -> list[dict[str, Any]]:
    return document["schema"][0]["properties"]


def contract_features(document: dict[str, Any]) -> dict[str, Any]:
    return document["schema"][0]["customProperties"][-1]["value"]


def custom_properties(document: dict[str, Any]) -> list[dict[str, Any]]:
    return document["schema"][0]["customProperties"]


def custom(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(entry["value"] for entry in custom_properties(document) if entry["property"] == name)


def row_rules(document: dict[str, Any], **rules: str | tuple[str, str]) -> None:
    """Rules of whole rows by name: the expression, or that and the severity."""
    document["schema"][0]["quality"] = [
        {"type": "custom", "engine": "quartal", "name": name, "implementation": query, "severity": severity}
        for name, rule in rules.items()
        for query, severity in [rule if isinstance(rule, tuple) else (rule, "error")]
    ]


def limit_quarantine(document: dict[str, Any], share: float) -> None:
    others = [entry for entry in custom_properties(document) if entry["property"] != "thresholds"]
    document["schema"][0]["customProperties"] = [
        {"property": "thresholds", "value": {"quarantinedShare": share}},
        *others,
    ]


def numeric(kind: str, **options: Any) -> dict[str, Any]:
    return {"name": "toll", "logicalType": kind, "logicalTypeOptions": options}


def seen_at(document: dict[str, Any], zone: str) -> None:
    options = {"format": "yyyy-MM-dd HH:mm:ss", "timeZone": zone}
    contract_columns(document).append(
        {"name": "seen_at", "logicalType": "timestamp", "required": True, "logicalTypeOptions": options}
    )
    contract_features(document)["eventTime"] = {"timestamp": "seen_at"}


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str]]:
    old, new = (lint(to_yaml(each), "c.yaml") for each in (before, after))
    assert (old.problems, new.problems) == ((), ())
    found = breaking_changes(old.contracts["vehicle_sightings"], new.contracts["vehicle_sightings"], "c.yaml")
    return [(problem.severity, problem.field) for problem in found if problem.field != "version"]


def test_example_contract_has_nothing_wrong():
    linted = lint(EXAMPLE.read_text(), "c.yaml")
    assert (linted.problems, list(linted.contracts)) == ((), ["vehicle_sightings"])


def test_lint_lists_every_problem_with_field_and_remedy(document):
    contract_columns(document)[1]["requird"] = True
    contract_columns(document)[2]["logicalType"] = "day"
    contract_columns(document)[3]["required"] = "often"
    del contract_features(document)["count"]
    problems = lint(to_yaml(document), "c.yaml").problems
    fields = [problem.field for problem in problems]
    assert "vehicle_sightings.properties.1.requird" in fields
    assert "vehicle_sightings.properties.2.logicalType" in fields
    assert "vehicle_sightings.properties.3.required" in fields
    assert "vehicle_sightings.features.count" in fields
    assert all(problem.remedy and problem.file == "c.yaml" for problem in problems)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("a: [", "cannot be read as YAML", id="no YAML"),
        pytest.param("a: 1", "list of datasets", id="no datasets"),
        pytest.param("schema: []", "empty", id="empty"),
        pytest.param("schema: [{name: feed}]", "kind must be DataContract", id="another kind"),
    ],
)
def test_lint_of_another_document_reports_what_is_missing(text, message):
    (problem,) = lint(text, "c.yaml").problems
    assert message in problem.message


def test_lint_refuses_a_pattern_that_is_no_regular_expression(document):
    contract_columns(document)[0]["logicalTypeOptions"]["pattern"] = "[a-"
    (problem,) = lint(to_yaml(document), "c.yaml").problems
    assert problem.field == "vehicle_sightings.sighting_id.logicalTypeOptions.pattern"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            lambda d: contract_columns(d).append({"name": "camera"}),
            lambda d: None,
            [(Severity.ERROR, "vehicle_sightings.properties.camera")],
            id="dropped column",
        ),
        pytest.param(
            lambda d: contract_columns(d).append({"name": "seen"}),
            lambda d: contract_columns(d).append(
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
            lambda d: contract_features(d).update(lagDays=[1, 7]),
            [(Severity.ERROR, "vehicle_sightings_features.sightings_lag_28d")],
            id="removed feature",
        ),
        pytest.param(
            lambda d: None,
            lambda d: [contract_columns(d)[0].pop(name) for name in ("primaryKey", "unique")],
            [(Severity.ERROR, "vehicle_sightings.primaryKey")],
            id="changed key",
        ),
        pytest.param(
            lambda d: None,
            lambda d: contract_columns(d)[1]["logicalTypeOptions"].update(maxLength=10),
            [(Severity.WARNING, "vehicle_sightings.properties.brand.logicalTypeOptions")],
            id="stricter rule",
        ),
        pytest.param(
            lambda d: None,
            lambda d: contract_columns(d)[1]["logicalTypeOptions"].update(maxLength=99),
            [],
            id="looser rule",
        ),
        pytest.param(
            lambda d: contract_columns(d).append(numeric("integer", minimum=1)),
            lambda d: contract_columns(d).append(numeric("number", minimum=0.5, decimalSeparator=".")),
            [],
            id="integer widened to a number",
        ),
        pytest.param(
            lambda d: contract_columns(d).append(numeric("number", decimalSeparator=",", enum=["1", "2"])),
            lambda d: contract_columns(d).append(numeric("integer", enum=["1", "2", "3"])),
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
            lambda d: contract_columns(d).append({"name": "camera", "required": True}),
            lambda d: (
                contract_columns(d).append({"name": "camera", "required": True}),
                contract_features(d).update(entity=["brand", "camera"]),
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
            lambda d: contract_columns(d)[2]["logicalTypeOptions"].update(otherFormats=["d.M.yyyy"]),
            [],
            id="one more format of a date",
        ),
        pytest.param(
            lambda d: contract_columns(d)[2]["logicalTypeOptions"].update(otherFormats=["d.M.yyyy"]),
            lambda d: None,
            [(Severity.WARNING, "vehicle_sightings.properties.date.logicalTypeOptions")],
            id="one format of a date less",
        ),
        pytest.param(
            lambda d: None,
            lambda d: contract_columns(d)[1].update(physicalType="varchar(40)"),
            [],
            id="another type in the source",
        ),
        pytest.param(
            lambda d: None,
            lambda d: contract_columns(d)[1].update(physicalName="Brand Name"),
            [(Severity.ERROR, "vehicle_sightings.properties.brand.physicalName")],
            id="another name in files",
        ),
        pytest.param(
            lambda d: contract_columns(d).append(numeric("number", missingValues=["NA"], rounding=2, notation="free")),
            lambda d: contract_columns(d).append(numeric("number", rounding=3)),
            [
                (Severity.WARNING, "vehicle_sightings.properties.toll.missingValues"),
                (Severity.WARNING, "vehicle_sightings.properties.toll.rounding"),
                (Severity.WARNING, "vehicle_sightings.properties.toll.notation"),
            ],
            id="numbers read otherwise",
        ),
        pytest.param(
            lambda d: contract_columns(d).append(numeric("number")),
            lambda d: contract_columns(d).append(numeric("number", thousandsSeparator=",")),
            [],
            id="thousands may be written apart",
        ),
        pytest.param(
            lambda d: contract_columns(d).append(numeric("number", thousandsSeparator=",")),
            lambda d: contract_columns(d).append(numeric("number", thousandsSeparator="'")),
            [(Severity.WARNING, "vehicle_sightings.properties.toll.thousandsSeparator")],
            id="thousands written apart otherwise",
        ),
        pytest.param(
            lambda d: contract_columns(d).append(numeric("number")),
            lambda d: contract_columns(d).append(numeric("number", thousandsSeparator=".")),
            [(Severity.ERROR, "vehicle_sightings.properties.toll.thousandsSeparator")],
            id="decimals become thousands",
        ),
        pytest.param(
            lambda d: contract_columns(d).append(numeric("number", thousandsSeparator=".")),
            lambda d: contract_columns(d).append(numeric("number", thousandsSeparator="'")),
            [(Severity.ERROR, "vehicle_sightings.properties.toll.thousandsSeparator")],
            id="thousands become decimals",
        ),
        pytest.param(
            lambda d: contract_columns(d).append(numeric("integer", thousandsSeparator=".")),
            lambda d: contract_columns(d).append(numeric("number")),
            [(Severity.ERROR, "vehicle_sightings.properties.toll.thousandsSeparator")],
            id="thousands of whole numbers become decimals",
        ),
        pytest.param(
            lambda d: contract_columns(d).append(numeric("integer")),
            lambda d: contract_columns(d).append(numeric("integer", thousandsSeparator=".")),
            [],
            id="whole numbers may have points",
        ),
        pytest.param(
            lambda d: contract_columns(d).append(numeric("integer")),
            lambda d: contract_columns(d).append(numeric("number", decimalSeparator=",")),
            [],
            id="whole numbers may have decimals behind a comma",
        ),
        pytest.param(
            lambda d: contract_columns(d).append(numeric("timestamp", format="epochSeconds")),
            lambda d: contract_columns(d).append(numeric("timestamp", format="epochMilliseconds")),
            [
                (Severity.ERROR, "vehicle_sightings.properties.toll.logicalTypeOptions"),
                (Severity.WARNING, "vehicle_sightings.properties.toll.logicalTypeOptions"),
            ],
            id="seconds become milliseconds",
        ),
        pytest.param(
            lambda d: contract_columns(d).append(numeric("number")),
            lambda d: contract_columns(d).append(numeric("number", missingValues=["NA"], rounding=6, notation="free")),
            [],
            id="more texts are numbers",
        ),
        pytest.param(
            lambda d: contract_columns(d).append(numeric("number")),
            lambda d: contract_columns(d).append(numeric("number", rounding=2)),
            [(Severity.WARNING, "vehicle_sightings.properties.toll.rounding")],
            id="numbers become rounded",
        ),
        pytest.param(
            lambda d: None,
            lambda d: contract_features(d)["eventTime"].update(timeZone="Europe/Berlin"),
            [(Severity.ERROR, "vehicle_sightings.features.eventTime")],
            id="date and time in another zone",
        ),
        pytest.param(
            lambda d: None,
            lambda d: next(e for e in custom_properties(d) if e["property"] == "conflicts").update(value="keepLast"),
            [(Severity.WARNING, "vehicle_sightings.conflicts")],
            id="another row of a key is kept",
        ),
        pytest.param(
            lambda d: row_rules(d, known="brand <> 'x'", milder="brand <> 'y'"),
            lambda d: row_rules(d, known="brand <> 'z'", added="brand <> 'y'", counted=("brand <> 'x'", "warning")),
            [
                (Severity.WARNING, "vehicle_sightings.quality.known"),
                (Severity.WARNING, "vehicle_sightings.quality.added"),
            ],
            id="rules of rows",
        ),
        pytest.param(
            lambda d: row_rules(d, known="brand <> 'x'"),
            lambda d: row_rules(d, known=("brand <> 'x'", "warning")),
            [],
            id="rule of rows that only counts now",
        ),
        pytest.param(
            lambda d: limit_quarantine(d, 0.25),
            lambda d: limit_quarantine(d, 0.1),
            [(Severity.WARNING, "vehicle_sightings.thresholds.quarantinedShare")],
            id="lower limit of the quarantine",
        ),
        pytest.param(
            lambda d: limit_quarantine(d, 0.1), lambda d: limit_quarantine(d, 0.25), [], id="higher limit of it"
        ),
        pytest.param(lambda d: None, lambda d: contract_columns(d).append({"name": "camera"}), [], id="new column"),
        pytest.param(
            lambda d: None, lambda d: contract_features(d).update(lagDays=[1, 2, 7, 28]), [], id="new feature"
        ),
    ],
)
def test_change_breaks_readers_or_not(document, before, after, expected):
    old, new = document, copy.deepcopy(document)
    before(old)
    after(new)
    assert changes(old, new) == expected


@pytest.mark.parametrize("is_required", [True, False])
def test_lint_tells_texts_no_longer_read_as_missing_from_those_that_now_are(document, is_required):
    new = copy.deepcopy(document)
    for version, texts in ((document, ["-", "none"]), (new, ["-", "?"])):
        camera = {"name": "camera", "required": is_required, "logicalTypeOptions": {"missingValues": texts}}
        contract_columns(version).append(camera)
    old, changed = (lint(to_yaml(each), "c.yaml").contracts["vehicle_sightings"] for each in (document, new))
    found = [problem.message for problem in breaking_changes(old, changed, "c.yaml") if "missing" in problem.message]
    assert found == [
        "stricter: no longer read as missing: 'none'",
        *(["stricter: now read as missing: '?'"] if is_required else []),
    ]


@pytest.mark.parametrize(
    ("before", "after", "is_required", "told"),
    [
        (["-"], ["-", "-999"], False, "now read as missing: '-999': published numbers change"),
        (["-"], ["-", "-999"], True, "stricter: now read as missing: '-999'"),
        (["-", "-999"], ["-"], False, "no longer read as missing: '-999': published numbers change"),
        (["-", "-999"], ["-"], True, "no longer read as missing: '-999': published numbers change"),
        (["-"], ["-", "NA"], False, None),
    ],
)
def test_lint_warns_of_numbers_that_begin_or_cease_to_be_missing(document, before, after, is_required, told):
    new = copy.deepcopy(document)
    for version, texts in ((document, before), (new, after)):
        contract_columns(version).append({**numeric("number", missingValues=texts), "required": is_required})
    old, changed = (lint(to_yaml(each), "c.yaml").contracts["vehicle_sightings"] for each in (document, new))
    found = [problem.message for problem in breaking_changes(old, changed, "c.yaml") if "missing" in problem.message]
    assert found == ([told] if told else [])


def test_changed_contract_should_have_another_version(document):
    new = copy.deepcopy(document)
    contract_features(new)["lagDays"] = [1, 7, 14, 28]
    old, changed = (lint(to_yaml(each), "c.yaml").contracts for each in (document, new))
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
    contract_features(document)["hourHistogram"] = False
    file.write_text(to_yaml(document))
    capsys.readouterr()
    assert run(["contract", "lint", str(file), "--against", "HEAD", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["result"]
    assert {problem["field"] for problem in found if problem["severity"] == "error"} >= {
        "vehicle_sightings_features.hour_00"
    }
    assert run(["contract", "lint", str(file), "--against", "no-such-branch"]) == 2
    (repository / "new.yaml").write_text(EXAMPLE.read_text())
    assert run(["contract", "lint", str(repository / "new.yaml"), "--against", "HEAD"]) == 0


def problems_against_head(capsys, *files: Path) -> list[tuple[str, str, str]]:
    capsys.readouterr()
    run(["contract", "lint", *map(str, files), "--against", "HEAD", "--json"])
    found = json.loads(capsys.readouterr().out)["result"]
    return [(problem["severity"], problem["field"], problem["message"]) for problem in found]


def test_contract_in_a_renamed_or_moved_file_is_compared_by_its_dataset(repository, document, capsys):
    contract_features(document)["lagDays"] = [1, 7]
    document["version"] = "2.0.0"
    (repository / "feed.yaml").unlink()
    for moved in (repository / "renamed.yaml", repository / "elsewhere" / "feed.yaml"):
        moved.parent.mkdir(exist_ok=True)
        moved.write_text(to_yaml(document))
        (problem,) = problems_against_head(capsys, moved)
        assert problem[:2] == ("error", "vehicle_sightings_features.sightings_lag_28d")
        moved.unlink()


def test_lint_reports_a_missing_contract_file(repository, document, capsys):
    (repository / "feed.yaml").unlink()
    document["schema"][0]["name"] = "other"
    (repository / "other.yaml").write_text(to_yaml(document))
    assert problems_against_head(capsys, repository / "other.yaml") == [
        ("error", "vehicle_sightings", "the dataset was removed")
    ]


def test_misspelt_custom_property_is_an_error_and_may_be_corrected(repository, document, capsys):
    file = repository / "feed.yaml"
    custom_properties(document).append({"property": "threshold", "value": {"quarantinedShare": 0.1}})
    file.write_text(to_yaml(document))
    assert run(["contract", "lint", str(file)]) == 1
    subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qam", "x"],
        cwd=repository,
        check=True,
    )
    custom_properties(document)[-1]["property"] = "thresholds"
    file.write_text(to_yaml(document))
    (only,) = problems_against_head(capsys, file)
    assert only[:2] == ("warning", "vehicle_sightings.thresholds.quarantinedShare"), "a limit that applies from now on"


def test_show_lists_the_published_tables(capsys):
    assert run(["contract", "show", str(EXAMPLE), "--json"]) == 0
    (shown,) = json.loads(capsys.readouterr().out)["result"]
    features = {column["name"]: column["type"] for column in shown["tables"]["vehicle_sightings_features"]}
    assert (features["share"], features["sightings_lag_7d"], features["day"]) == ("double", "long", "date")
    assert run(["contract", "show", str(EXAMPLE)]) == 0
    assert "sightings_quarter_to_date" in capsys.readouterr().out
