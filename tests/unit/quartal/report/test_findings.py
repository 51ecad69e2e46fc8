"""Findings: each case of a pipeline's history, and its report."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from etl_job.findings import rules, wording
from etl_job.findings.run_facts import collect_facts
from etl_job.manifest.model import RunManifest
from quartal.core import terminal_tables
from quartal.report.drift import Drift
from quartal.report.findings import Level, Situation, findings_in, verdict_text
from quartal.report.freshness import freshness
from quartal.report.model import DeliveryRows, DeliveryState, RunRecord
from quartal.report.runs import delivery_states, last_published_day, merge_runs
from tests.unit.quartal.report.example import counts, example_report, manifest

NOW = datetime(2026, 10, 20, 12, 0, tzinfo=UTC)
SCHEDULE = "cron(0 2 8 1,4,7,10 ? *)"
RUN = "wr_2909c13f0d8c4a5f9a6f7c1c1b1fd5a1e2c3a4b5d6e7f8091a2b3c4d5e6f7089"


def a_run(outcome: str = "SUCCEEDED", **more) -> RunRecord:
    started = datetime(2026, 10, 8, 2, 0, tzinfo=UTC)
    return RunRecord(RUN, started, started + timedelta(minutes=9), outcome, has_manifest=True, **more)


def rows(delivery: str, rows_in: int = 10_000, last_day: str | None = "2026-09-30", **violations: int) -> DeliveryRows:
    bad = sum(violations.values())
    return DeliveryRows(
        delivery=delivery,
        rows_in=rows_in,
        kept=rows_in - bad,
        quarantined=bad,
        duplicates=0,
        violations={name.replace("__", "."): count for name, count in violations.items()},
        first_day=None,
        last_day=last_day,
        files=(),
    )


def situation(
    *delivered: DeliveryRows, runs=None, schedule=SCHEDULE, last_day="2026-09-30", succeeded=True, **more
) -> Situation:
    runs = (a_run(),) if runs is None else runs
    return Situation(
        runs=runs,
        deliveries=tuple(DeliveryState(each.delivery, RUN, False, each) for each in delivered),
        freshness=freshness(
            schedule=schedule,
            ml_run=None,
            last_success=datetime(2026, 10, 8, 2, 0, tzinfo=UTC) if succeeded else None,
            published=None,
            last_day=last_day,
            now=NOW,
        ),
        schedule=schedule,
        now=NOW,
        **more,
    )


def levels_and_subjects(found: Situation) -> list[tuple[str, str]]:
    return [(finding.level, finding.about) for finding in findings_in(found)]


def sentence(found: Situation, about: str) -> str:
    (finding,) = (finding for finding in findings_in(found) if finding.about == about)
    return finding.sentence


def test_runs_are_shortened_as_in_tables():
    assert wording.SHORT_ID == terminal_tables.SHORT_ID


def test_command_holds_in_a_shell_what_a_delivery_may_be_called():
    assert wording.typed(("quarantine", "--delivery", "Q3 (new)"), ("--env dev",)) == (
        "quartal quarantine --env dev --delivery 'Q3 (new)'"
    )


def test_no_finding_if_all_is_fine():
    found = findings_in(situation(rows("2026Q2", last_day="2026-06-30"), rows("2026Q3"), is_in_step=True))
    assert (found, verdict_text(found)) == ((), "Fine")


def test_failed_run_is_a_problem_with_its_reason_and_the_command_that_explains_it():
    reason = "delivery 2026Q3: 5 of 100 rows are bad (5.0%, thresholds.quarantinedShare allows 2.0%)"
    (finding,) = findings_in(situation(runs=(a_run("FAILED", failed_step="job", reason=reason),)))
    assert finding.level is Level.PROBLEM
    assert finding.sentence == f"The last run failed at the job on 2026-10-08 02:00 UTC: {reason}."
    assert finding.command == ("explain", "wr_2909c13")


def test_only_the_last_run_counts():
    failed = replace(a_run("FAILED", failed_step="crawl", reason="no"), run_id="wr_1")
    assert levels_and_subjects(situation(runs=(failed, a_run()))) == []


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (situation(runs=(), succeeded=False, last_day=None), [("problem", "last_run")]),
        (
            situation(runs=(a_run("RUNNING"),), succeeded=False, last_day=None),
            [("problem", "schedule"), ("note", "last_run")],
        ),
        (situation(is_in_step=False), [("problem", "publication")]),
        (situation(files_left_out=2), [("warning", "files")]),
        (situation(not_catalogued=("2026Q3",)), [("note", "files")]),
        (situation(schedule="cron(0 2 8 13 ? *)"), [("warning", "schedule")]),
    ],
)
def test_each_state_has_a_finding_of_its_level(found, expected):
    assert levels_and_subjects(found) == expected


def test_schedule_that_came_without_a_success_is_a_problem():
    late = situation(schedule="cron(0 2 15 1,4,7,10 ? *)")
    assert levels_and_subjects(late) == [("problem", "schedule")]
    assert "since the scheduled start of 2026-10-15 02:00 UTC" in sentence(late, "schedule")


@pytest.mark.parametrize(
    ("schedule", "last_day", "words"),
    [
        (
            SCHEDULE,
            "2026-07-07",
            "The data ends on 2026-07-07, 3 months ago; the schedule expects days after 2026-07-08.",
        ),
        (
            SCHEDULE,
            "2024-12-31",
            "The data ends on 2024-12-31, 21 months ago; the schedule expects days after 2026-07-08.",
        ),
        ("", "2026-04-01", "The data ends on 2026-04-01, 6 months ago; no delivery has arrived since."),
        (
            "cron(0 2 * * ? *)",
            "2026-10-18",
            "The data ends on 2026-10-18, 2 days ago; the schedule expects days after 2026-10-19.",
        ),
    ],
)
def test_age_of_the_data_counts_and_not_that_of_the_run(schedule, last_day, words):
    old = situation(schedule=schedule, last_day=last_day, runs=(replace(a_run(), started=NOW),))
    assert sentence(old, "data_age") == words


@pytest.mark.parametrize(("schedule", "last_day"), [(SCHEDULE, "2026-07-08"), ("", "2026-05-01"), (SCHEDULE, None)])
def test_data_in_time_or_unknown_has_no_finding(schedule, last_day):
    assert levels_and_subjects(situation(schedule=schedule, last_day=last_day)) == []


def test_delivery_without_kept_rows_is_a_problem():
    found = situation(rows("2026Q2", 500, "2026-06-30"), rows("2026Q3", 100, None, date__format=100))
    assert levels_and_subjects(found) == [("problem", "quarantine")]
    assert sentence(found, "quarantine") == "No row of 2026Q3 was kept; 100 were quarantined: date.format (100)."


def test_share_above_the_limit_is_reported_with_the_limit():
    found = situation(rows("2026Q3", 1_000, date__format=60, brand__required=1), quarantine_limit=0.05)
    assert sentence(found, "quarantine") == (
        "61 of 1,000 rows of 2026Q3 were quarantined (6.1%; the limit is 5.0%), most often for date.format (60), "
        "brand.required (1)."
    )


def test_single_row_that_was_quarantined_is_singular():
    found = situation(rows("2026Q3", 8, date__format=1), quarantine_limit=0.05)
    assert sentence(found, "quarantine").startswith("1 of 8 rows of 2026Q3 was quarantined (12.5%; ")


def test_share_close_to_the_limit_is_reported_with_the_limit():
    before = rows("2026Q2", 1_000, "2026-06-30", date__format=41)
    near = situation(before, rows("2026Q3", 1_000, date__format=41), quarantine_limit=0.05)
    assert sentence(near, "quarantine") == (
        "41 of 1,000 rows of 2026Q3 were quarantined (4.1%, near the limit of 5.0%), most often for date.format (41)."
    )
    assert levels_and_subjects(situation(before, rows("2026Q3", 1_000, date__format=39), quarantine_limit=0.05)) == []
    assert levels_and_subjects(situation(rows("2026Q3"), quarantine_limit=0.0)) == []  # nothing is not near to nothing


def test_increased_share_is_reported_against_the_previous_delivery():
    before = rows("2026Q2", 10_000, "2026-06-30", date__format=3)
    assert "1.7%, against 0.03% of 2026Q2" in sentence(
        situation(before, rows("2026Q3", date__format=170)), "quarantine"
    )
    assert (
        levels_and_subjects(situation(before, rows("2026Q3", date__format=40))) == []
    )  # more, and still next to nothing


def test_newly_broken_rule_is_reported():
    before = rows("2026Q2", 10_000, "2026-06-30", date__format=100)
    found = situation(before, rows("2026Q3", date__format=90, brand__required=20, row__field_count=1))
    assert sentence(found, "reasons") == "Rows of 2026Q3 break rules that no row of 2026Q2 broke: brand.required (20)."


def test_features_that_moved_are_named_the_most_moved_first():
    features = example_report().features
    found = situation(features=features)
    large = [each.feature for each in features if each.steps[-1].drift is Drift.LARGE]
    assert large
    assert sentence(found, "drift").startswith(
        f"{len(large)} of {len(features)} features moved a lot from 2026Q2 to 2026Q3"
    )


def test_problems_come_first_and_the_verdict_counts_them():
    failed = a_run("FAILED", failed_step="job", reason="no")
    found = findings_in(situation(rows("2026Q3", 1_000, a__b=60), runs=(failed,), quarantine_limit=0.05))
    assert [finding.level for finding in found] == [Level.PROBLEM, Level.WARNING]
    assert verdict_text(found) == "Needs attention: 1 problem, 1 warning"


def published_in_two_runs() -> tuple[RunManifest, RunManifest]:
    """The manifests of two runs: a delivery each, the second near the limit, with a new reason, and old by now."""
    q2 = counts("2024Q2", 1_000, {"date.format": 10}, 0) | {"last_day": "2024-06-30"}
    q3 = counts("2024Q3", 1_000, {"date.format": 41, "row.field_count": 7}, 0) | {"last_day": "2024-09-30"}
    return (
        manifest("wr_1", q2, published={"2024Q2": "wr_1"}),
        manifest("wr_2", q3, published={"2024Q2": "wr_1", "2024Q3": "wr_2"}),
    )


@pytest.mark.parametrize("reason", [None, "delivery 2024Q3: 48 of 1000 rows are bad (4.8%, allowed are 2.0%)"])
def test_mail_and_status_report_the_same_findings(reason):
    before, newest = published_in_two_runs()
    if reason:
        newest = newest.model_copy(update={"status": "FAILED", "reason": reason, "published": before.published})
    told_by_job = rules.findings_in(collect_facts(newest, {"wr_1": before}, quarantine_limit=0.05))
    runs = merge_runs((), {}, {each.run_id: each for each in (before, newest)}, job=None, prices=None, count=40)
    states = delivery_states(before if reason else newest, runs)
    fresh = freshness(
        schedule="",
        ml_run=None,
        last_success=runs[0].started,
        published=None,
        last_day=last_published_day(states),
        now=newest.finished_at,
    )
    found = Situation(runs, states, fresh, schedule="", now=newest.finished_at, quarantine_limit=0.05)
    assert findings_in(found) == told_by_job
    expected = {"data_age", "last_run"} if reason else {"data_age", "quarantine", "reasons"}
    assert {finding.about for finding in told_by_job} == expected


def test_share_just_above_the_limit_does_not_read_as_the_limit():
    found = situation(rows("2026Q3", 100_000, date__format=5_003), quarantine_limit=0.05)
    assert "(5.003%; the limit is 5.000%)" in sentence(found, "quarantine")
    none_allowed = situation(rows("2026Q3", 10_000_000, date__format=3), quarantine_limit=0.0)
    assert "(under 0.01%; the limit is 0.0%)" in sentence(none_allowed, "quarantine")


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.0, "0.0%"),
        (0.000001, "under 0.01%"),
        (0.0003, "0.03%"),
        (0.05, "5.0%"),
        (0.99999, "over 99.9%"),
        (1.0, "100.0%"),
    ],
)
def test_share_is_never_rounded_to_nothing_or_all(share, words):
    assert wording.percent(share) == words


def test_deliveries_above_the_limit_are_reported_although_a_newer_one_is_below_it():
    redelivered = rows("2025Q3", 1_000, "2025-09-30", date__format=500)
    other = rows("2025Q4", 1_000, "2025-12-31", date__format=60)
    found = situation(redelivered, other, rows("2026Q3", 1_000), quarantine_limit=0.05)
    assert sentence(found, "quarantine") == (
        "2 earlier deliveries are over the limit of 5.0%: 2025Q3 (50.0%), 2025Q4 (6.0%)."
    )
    assert sentence(situation(redelivered, rows("2026Q3", 1_000), quarantine_limit=0.05), "quarantine") == (
        "1 earlier delivery is over the limit of 5.0%: 2025Q3 (50.0%)."
    )


@pytest.mark.parametrize(
    ("delivered", "level", "words"),
    [
        (rows("2026Q3", 0, None), "warning", "2026Q3 was delivered without rows."),
        (
            replace(rows("2026Q3", 7), kept=0, duplicates=7),
            "warning",
            "No row of 2026Q3 was kept: all 7 are duplicates of other rows.",
        ),
        (
            replace(rows("2026Q3", 1), kept=0, duplicates=1),
            "warning",
            "No row of 2026Q3 was kept: its only one is a duplicate of another row.",
        ),
        (rows("2026Q3", 1, d__format=1), "problem", "No row of 2026Q3 was kept; 1 was quarantined: d.format (1)."),
        (
            replace(rows("2026Q3", 700), kept=500, duplicates=200, conflicts=200),
            "warning",
            "200 of 700 rows of 2026Q3 were dropped because other rows had the same key but other values; if each "
            "file numbers its rows from 1, the key does not identify a row.",
        ),
    ],
)
def test_delivery_without_valid_rows_is_reported(delivered, level, words):
    found = situation(rows("2026Q2", last_day="2026-06-30"), delivered)
    assert [(each.level, each.sentence) for each in findings_in(found)] == [(level, words)]


def test_nothing_is_fine_where_every_delivery_was_withdrawn():
    found = replace(situation(), deliveries=(DeliveryState("2026Q3", RUN, True, None),))
    assert levels_and_subjects(found) == [("problem", "publication")]
    assert sentence(found, "publication") == "No delivery is published: all were withdrawn."


def test_failure_is_not_forgotten_while_the_next_run_goes_on():
    failed = replace(a_run("FAILED", failed_step="job", reason="no"), run_id="wr_1")
    again = replace(a_run("RUNNING"), started=NOW)
    found = findings_in(situation(runs=(a_run(), failed, again)))
    assert [(each.level, each.about) for each in found] == [("warning", "last_run"), ("note", "last_run")]
    assert found[0].sentence == "The run before it failed at the job on 2026-10-08 02:00 UTC: no."
    assert found[0].command == ("explain", "wr_1")


def test_success_before_the_listed_runs_is_not_denied():
    failed = tuple(replace(a_run("FAILED", failed_step="job", reason="no"), run_id=f"wr_{n}") for n in range(40))
    found = situation(runs=failed, succeeded=False, last_day=None, has_earlier_runs=True)
    assert sentence(found, "schedule") == "None of the last 40 runs has succeeded."


def test_run_named_by_the_user_is_shown_in_full():
    named = replace(a_run("FAILED", failed_step="job", reason="no"), run_id="refresh-2026-10")
    (finding,) = findings_in(situation(runs=(named,)))
    assert finding.command == ("explain", "refresh-2026-10")


def test_omitted_files_are_reported_for_the_run_that_omitted_them():
    left = replace(a_run(), left_out=1)
    crawl = replace(a_run("FAILED", failed_step="crawl", reason="no"), run_id="wr_2", has_manifest=False)
    found = situation(runs=(left, crawl), files_left_out=1, files_of=RUN)
    (finding,) = (each for each in findings_in(found) if each.about == "files")
    assert finding.sentence.startswith("Run wr_2909c13 left out 1 raw file; ")
    assert finding.command == ("explain", "wr_2909c13")


def test_data_that_ends_in_the_future_is_not_called_fresh():
    late = situation(last_day="2027-02-28")
    assert levels_and_subjects(late) == [("warning", "data_age")]
    assert sentence(late, "data_age") == (
        "The data ends on 2027-02-28, 4 months from now: a date in it or a clock is wrong, so its age is unknown."
    )
    assert levels_and_subjects(situation(last_day="2026-10-21")) == []  # somewhere the next day has begun


def test_failure_without_a_known_reason_is_reported_as_such():
    failed = a_run("FAILED", failed_step="", reason="")
    assert sentence(situation(runs=(failed,)), "last_run") == (
        "The last run failed on 2026-10-08 02:00 UTC: the reason is not known."
    )


def test_run_just_started_by_its_schedule_is_no_finding():
    late = {"schedule": "cron(0 2 15 1,4,7,10 ? *)", "last_day": "2026-06-30"}
    started = replace(a_run("RUNNING"), started=datetime(2026, 10, 15, 2, 1, tzinfo=UTC))
    found = situation(runs=(a_run(), started), **late)
    assert levels_and_subjects(found) == [("warning", "schedule"), ("warning", "data_age"), ("note", "last_run")]
    hangs = situation(runs=(a_run(), replace(started, started=datetime(2026, 10, 14, tzinfo=UTC))), **late)
    assert levels_and_subjects(hangs)[0] == ("problem", "schedule")
