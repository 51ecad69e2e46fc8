import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from etl_job.arguments import parse_arguments
from etl_job.lake.files import LocalObjectStore
from etl_job.manifest.files import write_manifest
from etl_job.manifest.model import (
    NO_ROWS,
    DeliveryCounts,
    LeftOutFile,
    PublishedDelivery,
    PublishedTable,
    RunManifest,
)
from etl_job.notify.ended_run import EndedRun, read_ended_run
from etl_job.notify.mail_text import needs, summary
from etl_job.notify.progress import Progress
from etl_job.notify.run_event import detail_text, event_detail, put_run_event
from etl_job.run import send_notifications

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
RUN = "wr_2909c13f0d8c4a5f9a6f7c1c1b1fd5a1e2c3a4b5d6e7f8091a2b3c4d5e6f7089"


def manifest(
    status: str = "SUCCEEDED", reason: str | None = None, *, run_id: str = RUN, by: dict[str, str] | None = None,
    **facts: Any,
) -> RunManifest:  # fmt: skip
    """Of a run; ``by`` says by which run each delivery is published."""
    published = {
        name: PublishedDelivery(run_id=run, contract_hash="h", inputs=(), withdrawn=not run)
        for name, run in (by or {}).items()
    }
    return RunManifest(
        run_id=run_id, dataset="feed", database="lake", status=status, reason=reason, started_at=NOW, finished_at=NOW,
        seconds=12.5, contract=None, stages=(), curated=None, quarantine=(), versions={}, published=published,
        **{"published_anything": False, "totals": NO_ROWS, "deliveries": (), "features": None, **facts},
    )  # fmt: skip


def rows(delivery: str, rows_in: int, last_day: str | None, **violations: int) -> DeliveryCounts:
    bad = sum(violations.values())
    return DeliveryCounts(
        delivery=delivery, inputs=(), rows_in=rows_in, kept=rows_in - bad, quarantined=bad, duplicates=0, conflicts=0,
        violations={rule.replace("__", "."): count for rule, count in violations.items()}, first_day=None,
        last_day=last_day,
    )  # fmt: skip


@pytest.fixture
def ended(tmp_path: Path):
    """A run that has ended, in the environment prod, after earlier runs."""
    store, root = LocalObjectStore(), f"file://{tmp_path}"

    def ended(of: RunManifest, *earlier: RunManifest, environment: str = "prod") -> EndedRun:
        for each in earlier:
            write_manifest(store, root, each)
        words = {"lake_bucket": root, "dataset": "feed", "contract": "c", "database": "lake", "run_id": of.run_id}
        words |= {"environment": environment, "quarantine_share_limit": "0.05"}
        arguments = parse_arguments([f"--{name}={value}" for name, value in words.items()])
        return read_ended_run(store, arguments, of, f"{root}/runs/feed/{of.run_id}.json")

    return ended


def test_summary_counts_the_outcomes_of_rows(ended):
    found = manifest(
        published_anything=True,
        deliveries=tuple(rows(f"2025-{month:02}", 1_000, None) for month in range(1, 13)),
        totals=NO_ROWS.model_copy(update={"rows_in": 12_000, "kept": 11_400, "quarantined": 480, "duplicates": 120}),
    )
    assert summary(ended(found)) == (
        "Processed 2025-01, 2025-02, 2025-03 and 9 more in 12 s: 12,000 rows in, 11,400 kept, 480 quarantined (4.0%), "
        "120 duplicates."
    )


@pytest.mark.parametrize(
    ("by", "deliveries", "words"),
    [
        ({"2024Q4": "", "2025Q4": "wr_1"}, (), "Withdrew 2024Q4 from the tables in 12 s."),
        (
            {"2024Q4": "", "2025Q4": RUN},
            (rows("2025Q4", 1_000_000, None, a__b=1),),
            "Processed 2025Q4 and withdrew 2024Q4 from the tables in 12 s: 0 rows in, ",
        ),
        ({"2025Q4": "wr_1"}, (), "Brought the features up to date in 12 s."),
    ],
)
def test_summary_names_what_was_taken_out_and_claims_no_withdrawal_where_there_was_none(ended, by, deliveries, words):
    found = manifest(by=by, deliveries=deliveries, published_anything=True)
    taken_out = {
        name: state.model_copy(update={"run_id": RUN}) if state.withdrawn else state
        for name, state in found.published.items()
    }
    assert summary(ended(found.model_copy(update={"published": taken_out}))).startswith(words)


def test_summary_does_not_round_few_bad_rows_to_none(ended):
    totals = NO_ROWS.model_copy(update={"rows_in": 1_000_000, "kept": 999_997, "quarantined": 3})
    found = manifest(published_anything=True, totals=totals, deliveries=(rows("d", 1_000_000, None),))
    assert "3 quarantined (under 0.01%)" in summary(ended(found))


def test_event_of_whatever_a_run_leaves_holds_what_an_event_may_hold(ended):
    names = [f"{n:04}" + "ü" * 500 for n in range(1_500)]
    lost = tuple(rows(name, 5, None, **{"r" * 3_000: 5}) for name in names)
    features = PublishedTable(
        table="feed_features", location="s3://lake/", snapshot_id=1, files=1, partitions=(),
        tags=(*(f"wr_{n:064}" for n in range(4_000)), RUN, "2025Q4"),
    )  # fmt: skip
    run = manifest(
        "FAILED", "x" * 300_000, deliveries=lost, by=dict.fromkeys(names, RUN), features=features,
        published_anything=True,
    )  # fmt: skip
    text = detail_text(ended(run))
    assert len(text.encode()) <= 256 * 1024 - 1_000
    detail = json.loads(text)
    assert (detail["runId"], detail["status"], detail["verdict"]) == (RUN, "FAILED", "Needs attention: 1,501 problems")
    assert detail["cut"] == ["deliveries", "findings", "tags"]
    assert detail["findings"][0]["about"] == "last_run"
    assert detail["features"]["tags"][-2:] == [RUN, "2025Q4"]
    assert len(detail["summary"] + detail["needs"]) < 30_000


def test_complete_event_is_marked_as_complete(ended):
    assert json.loads(detail_text(ended(manifest())))["cut"] == []


def test_failed_notification_does_not_fail_the_run(ended):
    counts = rows("d", 10, None).model_copy(update={"last_day": "no day"})
    odd = manifest(deliveries=(counts,), by={"d": RUN})
    with pytest.raises(ValueError, match="no day"):
        ended(odd)
    said = []

    class Services:
        store, session = LocalObjectStore(), None
        arguments = parse_arguments([f"--{name}=x" for name in ("lake_bucket", "dataset", "contract", "database")])
        progress = Progress(said.append)

    assert send_notifications(Services(), odd, "") is False
    assert "[quartal] stage=notify skipped=unexpected ValueError: Invalid isoformat string: 'no day'" in said[0]


def test_summary_of_a_run_without_new_files_has_the_last_day_of_the_data(ended):
    assert summary(ended(manifest())) == "Nothing new: the tables are unchanged."
    before = manifest(run_id="wr_1", deliveries=(rows("2025Q4", 100, "2025-12-31"),))
    assert summary(ended(manifest(by={"2025Q4": "wr_1", "out": ""}), before)) == (
        "Nothing new: the tables are unchanged. The data ends on 2025-12-31."
    )


def test_summary_of_a_failure_is_its_reason_on_one_line_without_what_a_template_would_have_to_escape(ended):
    failed = ended(manifest("FAILED", 'InputError: "a\\b"\n is <bad>\x1b[31m'))
    assert summary(failed) == "InputError: 'a/b' is (bad)/x1b[31m"
    assert needs(failed) == "The run found nothing else that needs attention."


def test_verdict_of_a_run_without_findings_is_fine(ended):
    assert needs(ended(manifest())) == "The run found nothing that needs attention."


def test_quarantine_near_the_limit_and_new_reasons_are_reported_with_a_command(ended):
    before = manifest(run_id="wr_1", deliveries=(rows("2025Q3", 1_000, "2025-09-30", date__format=38),))
    run = manifest(
        deliveries=(rows("2025Q4", 1_000, "2025-12-31", date__format=40, brand__required=5),),
        by={"2025Q3": "wr_1", "2025Q4": RUN},
        left_out=(LeftOutFile(uri="s3://lake/raw/feed/x", reason="empty"),),
    )
    see = "See: quartal explain --env prod --dataset feed"
    assert needs(ended(run, before)) == (
        "Worth a look: 3 warnings. (1) warning: 45 of 1,000 rows of 2025Q4 were quarantined (4.5%, near the limit of "
        f"5.0%), most often for date.format (40), brand.required (5). {see} wr_2909c13 (2) warning: Rows of "
        f"2025Q4 break rules that no row of 2025Q3 broke: brand.required (5). {see} wr_2909c13 (3) warning: "
        f"The last run left out 1 raw file; its manifest gives the reasons. {see} wr_2909c13"
    )


def test_old_data_is_a_problem_of_a_run_that_succeeded(ended):
    before = manifest(run_id="wr_1", deliveries=(rows("2024Q4", 100, "2024-12-31"),))
    found = needs(ended(manifest(by={"2024Q4": "wr_1"}), before))
    assert found.startswith("Needs attention: 1 problem. (1) problem: The data ends on 2024-12-31, 12 months ago; ")
    assert found.endswith("See: quartal upload --env prod --dataset feed FOLDER")


def test_earlier_run_that_cannot_be_read_is_not_guessed_at(ended, tmp_path):
    (tmp_path / "runs" / "feed").mkdir(parents=True)
    (tmp_path / "runs" / "feed" / "wr_1.json").write_text("{")
    known = manifest(run_id="wr_2", deliveries=(rows("2024Q4", 100, "2024-12-31"),))
    found = ended(manifest(by={"2024Q4": "wr_2", "2025Q4": "wr_1"}), known)
    assert (found.facts.last_day, found.findings) == (None, ())


def test_no_more_runs_are_read_than_status_looks_back_to_and_then_no_last_day_is_claimed(ended):
    earlier = [manifest(run_id=f"wr_{n}", deliveries=(rows(f"d{n}", 10, "2025-12-31"),)) for n in range(100, 141)]
    by = {each.deliveries[0].delivery: each.run_id for each in earlier}
    found = ended(manifest(by=by), *earlier)
    assert (len(found.facts.deliveries), found.facts.last_day) == (40, None)


def test_earlier_manifests_are_not_read_if_the_manifest_could_not_be_written(tmp_path):
    asked = []

    class Gone(LocalObjectStore):
        def read(self, uri: str) -> bytes:
            asked.append(uri)
            raise OSError("nobody answers")

    words = ["--lake_bucket", str(tmp_path), "--dataset", "feed", "--contract", "c", "--database", "lake"]
    read_ended_run(Gone(), parse_arguments(words), manifest(by={"d": "wr_1"}), "")
    assert asked == []
    read_ended_run(Gone(), parse_arguments(words), manifest(by={"d": "wr_1"}), "s3://lake/r.json")
    assert len(asked) == 1


def test_many_findings_are_cut_in_the_mail_and_counted(ended):
    lost = tuple(rows(f"d{n:02}", 5, None, a__b=5) for n in range(20))
    found = ended(manifest(deliveries=lost, by={each.delivery: RUN for each in lost}))
    assert needs(found).startswith(
        "Needs attention: 20 problems. (1) problem: No row of d00 was kept; 5 were quarantined"
    )
    assert needs(found).endswith("(8) problem: No row of d07 was kept; 5 were quarantined: a.b (5). See: quartal "
                                 "explain --env prod --dataset feed wr_2909c13 And 12 more.")  # fmt: skip


def test_detail_has_manifest_findings_and_that_nothing_was_published(ended, tmp_path):
    detail = event_detail(ended(manifest("FAILED", "it broke"), environment=""))
    assert (detail["manifest"], detail["features"]) == (f"file://{tmp_path}/runs/feed/{RUN}.json", None)
    assert detail["verdict"] == "Needs attention: 1 problem"
    assert json.loads(json.dumps(detail["findings"])) == [
        {
            "level": "problem",
            "about": "last_run",
            "sentence": "The last run failed at the job on 2026-01-02 03:04 UTC: it broke.",
            "command": "quartal explain wr_2909c13",
        }
    ]


class Session:
    """A session whose one client answers as it is told."""

    def __init__(self, answer: dict | None) -> None:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        self._client = boto3.client("events", region_name="eu-central-1", **keys)
        stubber = Stubber(self._client)
        if answer is None:
            stubber.add_client_error("put_events", "AccessDeniedException", "not authorized")
        else:
            stubber.add_response("put_events", answer)
        stubber.activate()

    def client(self, service: str, config: object) -> Any:
        assert service == "events"
        return self._client


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"Entries": [{"EventId": "1"}], "FailedEntryCount": 0}, None),
        ({"Entries": [{"ErrorCode": "X", "ErrorMessage": "too large"}], "FailedEntryCount": 1}, "too large"),
        ({"Entries": [{"ErrorCode": "ThrottlingException"}], "FailedEntryCount": 1}, "ThrottlingException"),
        ({"Entries": [{}], "FailedEntryCount": 0}, "EventBridge gives the event no id"),
        ({}, "unexpected KeyError: 'Entries'"),
        (None, "not authorized"),
    ],
)
def test_failed_event_call_is_reported_without_an_exception(ended, answer, problem):
    recorded = put_run_event(Session(answer), ended(manifest()))
    assert recorded is None if problem is None else problem in recorded
