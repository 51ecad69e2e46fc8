"""What the commands say of a run and its tables."""

from __future__ import annotations

import json

from quartal.cli.app import run as quartal
from tests.integration.chain.first_run import DELIVERIES
from tests.integration.deployment import Feed
from tests.integration.independent import expected_tables


def test_query_answers_from_the_published_table(manifest, command_line, capsys, feed: Feed):
    sql = "select brand, day, sightings from features order by day desc, sightings desc limit 5"
    assert quartal(["query", "--json", sql]) == 0
    answer = json.loads(capsys.readouterr().out)["result"]
    expected = expected_tables(feed.folder).execute(
        "select brand, day, sightings from expected order by day desc, sightings desc limit 5"
    )
    assert [(row["day"], row["sightings"]) for row in answer] == [(str(day), n) for _, day, n in expected.fetchall()]


def test_query_of_an_unknown_table_names_the_existing_ones(manifest, command_line, capsys):
    assert quartal(["query", "select * from feature"]) == 2
    assert "features" in capsys.readouterr().err


def test_status_shows_the_last_run(manifest, command_line, capsys):
    assert quartal(["status", "--json"]) == 0
    last = json.loads(capsys.readouterr().out)["last_run"]
    assert last["succeeded"] is True
    assert (last["crawl"]["outcome"], last["job"]["outcome"]) == ("SUCCEEDED", "SUCCEEDED")


def test_published_features_are_exported_as_of_a_tag_with_their_run(manifest, command_line, capsys, tmp_path):
    def answer(*arguments: str):
        assert quartal([*arguments, "--json"]) == 0
        return json.loads(capsys.readouterr().out)["result"]

    run_id, quarter = manifest["run_id"], manifest["features"]["partitions"][-1]
    rows = answer("query", "select count(*) as n from features")[0]["n"]
    tags = {tag["name"]: tag for tag in answer("tags")}
    assert (tags[quarter]["rows"], tags[quarter]["run_id"]) == (rows, run_id)
    for table in ("features", "curated"):
        count = f"select count(*) as n from {table}"
        assert answer("query", count, "--as-of", quarter) == answer("query", count)
    assert answer("diff", quarter, run_id)["rows_after"] == rows
    exported = answer("export", "--tag", quarter, "--out", str(tmp_path / "features"))
    assert answer("tag", "model-1", "--as-of", quarter)["snapshot_id"] == exported["snapshot_id"]
    assert answer("query", "select count(*) as n from features", "--as-of", "model-1")[0]["n"] == rows
    assert answer("tag", "model-1", "--delete")["removed"] is True
    assert (exported["rows"], exported["snapshot_id"]) == (rows, str(manifest["features"]["snapshot_id"]))
    past = {run["run_id"]: run for run in answer("history")}
    assert (past[run_id]["status"], past[run_id]["rows_in"]) == ("SUCCEEDED", manifest["totals"]["rows_in"])
    assert any(line.startswith("[quartal]") for line in answer("logs", run_id)["lines"])


def test_report_page_shows_the_numbers_and_cost_of_the_run(manifest, command_line, capsys, tmp_path):
    page, run_id = tmp_path / "report.html", manifest["run_id"]
    assert quartal(["report", "--json", "--out", str(page)]) == 0
    told = json.loads(capsys.readouterr().out)
    run = {each["run_id"]: each for each in told["runs"]}[run_id]
    assert (run["outcome"], run["crawl"], run["has_manifest"]) == ("SUCCEEDED", "SUCCEEDED", True)
    counts = ("delivery", "rows_in", "kept", "quarantined", "duplicates", "first_day", "last_day")
    assert [[each[name] for name in counts] for each in run["deliveries"]] == [
        [each[name] for name in counts] for each in manifest["deliveries"]
    ]
    assert run["features"]["snapshot_id"] == str(manifest["features"]["snapshot_id"])
    assert told["quarters"] == DELIVERIES
    assert {line["run_id"] for line in told["lineage"]} == {run_id}
    text = page.read_text("utf-8")
    assert f'id="run-{run_id}"' in text
    assert all(f'<td class="number">{each["rows_in"]:,}</td>' in text for each in manifest["deliveries"])
    assert quartal(["cost", "--json"]) == 0
    costs = {each["run_id"]: each["cost"] for each in json.loads(capsys.readouterr().out)["runs"]}
    assert costs[run_id] == run["cost"]
    assert costs[run_id]["usd"] > 0
