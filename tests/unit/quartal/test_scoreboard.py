"""The scoreboard of emulators: its page is what its kept outcomes say, and its fair column is fair."""

from __future__ import annotations

import json
from datetime import date

import pytest

from benchmarks.emulators import page
from benchmarks.emulators.facts import cited, is_sourced, sources
from benchmarks.emulators.scoreboard import Outcome, once_each


def test_page_matches_the_stored_outcomes():
    assert page.PAGE.read_text("utf-8") == page.rendered(json.loads(page.KEPT.read_text("utf-8")))


def test_fact_has_a_page_of_aws_unless_others_have_measured_it():
    assert sources()["G1"][0] == "https://docs.aws.amazon.com/glue/latest/dg/about-triggers.html"
    assert sources()["G37"] == ("https://docs.aws.amazon.com/athena/latest/ug/openx-json-serde.html",)
    assert "G36" not in sources()


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("test_types_of_csv", True),
        ("test_compressed_files_are_read[gzip-gzip]", True),
        ("test_tags_are_kept_by_arn_and_resources_found_by_them", False),  # cites no fact
        ("test_of_another_suite", False),
    ],
)
def test_fair_column_counts_behaviour_documented_by_aws(test, expected):
    assert is_sourced(test) is expected


def test_test_that_also_cites_what_has_no_page_is_not_counted():
    by_others = [test for test, facts in cited().items() if "G36" in facts]
    assert by_others
    assert not any(is_sourced(test) for test in by_others)


def test_outcomes_replace_those_of_the_same_emulator(tmp_path, monkeypatch):
    monkeypatch.setattr(page, "KEPT", tmp_path / "outcomes.json")
    monkeypatch.setattr(page, "PAGE", tmp_path / "page.md")
    passed, failed = Outcome("jobs", "test_a", "passed"), Outcome("jobs", "test_a", "failed", "http://127.0.0.1:5 died")
    page.keep({"one": [failed], "two": [passed]}, {"one": 30, "two": 300}, date(2026, 1, 1))
    skipped = Outcome("schedules", "test_b", "skipped", "no clock")
    page.keep({"one": [passed, skipped]}, {"one": 60}, date(2026, 2, 1))
    kept = json.loads(page.KEPT.read_text("utf-8"))
    assert (kept["one"]["patience_s"], kept["two"]["asked_on"]) == (60, "2026-01-01")
    text = page.PAGE.read_text("utf-8")
    assert "| jobs | 1 of 1 | 1 of 1 |" in text
    assert "| schedules | 0 of 0 (1 skipped) | - |" in text
    assert "| one | 1 | no clock |" in text


def test_reasons_are_the_same_for_every_run(tmp_path, monkeypatch):
    monkeypatch.setattr(page, "KEPT", tmp_path / "outcomes.json")
    monkeypatch.setattr(page, "PAGE", tmp_path / "page.md")
    reason = "http://127.0.0.1:39033/x: conformance_1a2b of /tmp/x/y is gone"
    page.keep({"one": [Outcome("jobs", "test_a", "failed", reason)]}, {"one": 30}, date(2026, 1, 1))
    assert json.loads(page.KEPT.read_text("utf-8"))["one"]["outcomes"][0]["reason"] == "... ... of ... is gone"


def test_test_whose_end_breaks_too_is_counted_once():
    passed, failed, end = (Outcome("jobs", "test_a", *rest) for rest in (("passed",), ("failed", "x"), ("failed", "y")))
    other = Outcome("jobs", "test_b", "passed")
    assert once_each([failed, end, other]) == [failed, other]
    assert once_each([passed, end]) == [end]
