"""A pipeline with a past: six runs, of which one failed at the crawl and one was killed, and three quarters."""

from __future__ import annotations

import hashlib
import re
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa

from etl_job.manifest.model import RunManifest
from plan_review.prices import load_prices
from quartal.report.cost import price_basis
from quartal.report.drift import Drift, feature_histories, numeric_features
from quartal.report.findings import Situation, findings_in
from quartal.report.freshness import freshness
from quartal.report.model import DeliveryRows, Report
from quartal.report.runs import delivery_states, lineage, merge_runs
from quartal.runs.workflow_run import Outcome, Step, WorkflowRun
from tests.unit.quartal.manifest_examples import as_read

NOW = datetime(2026, 9, 20, 12, 0, tzinfo=UTC)
SCHEDULE = "cron(0 2 8 3,6,9,12 ? *)"
WORKERS = {"WorkerType": "G.1X", "NumberOfWorkers": 4}
STARTS = {
    "wr_1": datetime(2026, 3, 8, 2, 0, tzinfo=UTC),
    "wr_2": datetime(2026, 6, 8, 2, 0, tzinfo=UTC),
    "wr_3": datetime(2026, 6, 8, 9, 30, tzinfo=UTC),
    "wr_4": datetime(2026, 9, 8, 2, 0, tzinfo=UTC),
    "wr_5": datetime(2026, 9, 8, 10, 15, tzinfo=UTC),
    "wr_6": datetime(2026, 9, 9, 2, 0, tzinfo=UTC),
}


def raw_file(delivery: str, number: int = 1) -> dict[str, Any]:
    return {
        "uri": f"s3://lake/raw/feed/delivery={delivery}/part-{number}.csv",
        "size_bytes": 3_400_000 * number,
        "etag": f"{number}" * 32,
    }


def counts(delivery: str, rows_in: int, violations: dict[str, int], duplicates: int) -> dict[str, Any]:
    quarantined = max(violations.values(), default=0)
    return {
        "delivery": delivery,
        "inputs": [raw_file(delivery, 1), raw_file(delivery, 2)],
        "rows_in": rows_in,
        "kept": rows_in - quarantined - duplicates,
        "quarantined": quarantined,
        "duplicates": duplicates,
        "conflicts": 0,
        "violations": violations,
        "first_day": f"{delivery[:4]}-01-01",
        "last_day": f"{delivery[:4]}-03-31",
    }


def manifest(
    run_id: str,
    *deliveries: dict[str, Any],
    started: datetime | None = None,
    seconds: float = 840.0,
    reason: str | None = None,
    published: dict[str, str] | None = None,
) -> RunManifest:
    """As the job writes it; `published` says by which run each delivery is published."""
    start = started or STARTS[run_id]
    table = {"location": "s3://lake/", "files": 1, "partitions": [], "tags": [run_id]}
    did = bool(deliveries) and reason is None
    return as_read(
        {
            "manifest_version": 1,
            "run_id": run_id,
            "dataset": "feed",
            "database": "feed_dev",
            "status": "FAILED" if reason else "SUCCEEDED",
            "reason": reason,
            "published_anything": did,
            "started_at": start.isoformat().replace("+00:00", "Z"),
            "finished_at": (start + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z"),
            "seconds": seconds,
            "contract": None,
            "totals": {
                name: sum(each[name] for each in deliveries)
                for name in ("rows_in", "kept", "quarantined", "duplicates", "conflicts")
            },
            "deliveries": list(deliveries),
            "stages": [],
            "curated": table | {"table": "feed_curated", "snapshot_id": int(run_id[-1]) * 1111} if did else None,
            "features": table | {"table": "feed_features", "snapshot_id": int(run_id[-1]) * 2222} if did else None,
            "quarantine": [],
            "versions": {},
            "published": {
                name: {
                    "run_id": by,
                    "contract_hash": "0",
                    "inputs": [raw_file(name, 1), raw_file(name, 2)],
                    "withdrawn": False,
                }
                for name, by in (published or {}).items()
            },
        }
    )


def workflow_run(run_id: str, crawl: Outcome, job: Outcome, *, error: str = "", minutes: float = 15) -> WorkflowRun:
    start = STARTS[run_id]
    crawled = start + timedelta(minutes=2)
    done = crawled + timedelta(minutes=minutes)
    job_began = job is not Outcome.NOT_STARTED
    return WorkflowRun(
        workflow="flow",
        run_id=run_id,
        status="COMPLETED",
        crawl=Step("crawl", "crawler", crawl, error="" if job_began else error, started=start, ended=crawled),
        job=Step("job", "job", job, f"jr_{run_id[-1]}", error, crawled, done) if job_began else Step("job", "job"),
        started=start,
        ended=done if job_began else crawled,
    )


def job_run(number: int, minutes: float, state: str = "SUCCEEDED", **more: Any) -> dict[str, Any]:
    """As GetJobRuns gives it."""
    return {
        "Id": f"jr_{number}",
        "JobName": "job",
        "JobRunState": state,
        "StartedOn": STARTS[f"wr_{number}"],
        "ExecutionTime": round(minutes * 60),
        **WORKERS,
        **more,
    }


def features() -> pa.Table:
    """Three quarters of four brands: `sightings` grows in the last one, the rest stays as it is."""
    first = date(2026, 1, 1)
    rows = []
    for offset in range(273):
        day = first + timedelta(days=offset)
        quarter = f"2026Q{(day.month + 2) // 3}"
        for position, brand in enumerate(("acme", "bolt", "crow", "dart")):
            seed = (offset * 37 + position * 101) % 100
            rows.append(
                {
                    "brand": brand,
                    "day": day,
                    "quarter": quarter,
                    "sightings": (200 if quarter == "2026Q3" else 100) + seed,
                    "share": (20 + seed % 11) / 100,
                    "hour_00": seed % 5,
                    "sightings_mean_7d": None if offset < 7 else 150.0 + seed / (4 if quarter == "2026Q2" else 3),
                }
            )
    return pa.Table.from_pylist(rows)


def example_report(*, is_local: bool = False) -> Report:
    succeeded, nothing = Outcome.SUCCEEDED, Outcome.NOT_STARTED
    q1 = counts("2026Q1", 412_000, {"date.format": 900, "brand.required": 240}, 1_300)
    q2 = counts("2026Q2", 455_000, {"date.format": 120, "sighting_id.maxLength": 60}, 2_900)
    q3 = counts("2026Q3", 903_000, {"date.format": 15_200, "row.field_count": 310}, 800)
    runs = [
        workflow_run("wr_2", Outcome.FAILED, nothing, error="Crawler lacks s3:ListBucket on lake"),
        workflow_run("wr_3", succeeded, succeeded, minutes=16),
        workflow_run("wr_4", succeeded, Outcome.TIMEOUT, error="JobRun timeout", minutes=60),
        workflow_run("wr_5", succeeded, succeeded, minutes=31),
        workflow_run("wr_6", succeeded, succeeded, minutes=0.7),
    ]
    published = {"2026Q1": "wr_1", "2026Q2": "wr_3", "2026Q3": "wr_5"}
    newest = manifest("wr_6", seconds=40, published=published)
    manifests = [
        manifest("wr_1", q1, published={"2026Q1": "wr_1"}),
        manifest("wr_3", q2, seconds=955),
        manifest("wr_5", q3, seconds=1850),
        newest,
    ]
    prices = price_basis(load_prices("eu-central-1"))
    merged = merge_runs(
        runs,
        {run["Id"]: run for run in (job_run(3, 16), job_run(4, 60, "TIMEOUT"), job_run(5, 31), job_run(6, 0.7))},
        {each.run_id: each for each in manifests},
        job=WORKERS,
        prices=prices,
        count=40,
    )
    table = features()
    report = Report(
        environment="localstack" if is_local else "dev",
        dataset="feed",
        database="feed_dev",
        region="eu-central-1",
        is_local=is_local,
        made_at=NOW,
        runs=merged,
        deliveries=delivery_states(newest, merged),
        lineage=lineage(
            newest,
            merged,
            curated_snapshots={"wr_5": 5555},
            features_snapshots={"wr_5": 11110},
            tags={11110: ("2026Q3", "wr_5"), 6666: ("2026Q2",)},
        ),
        quarters=("2026Q1", "2026Q2", "2026Q3"),
        features=feature_histories(table, numeric_features(table.schema)),
        prices=prices,
        freshness=freshness(
            schedule=SCHEDULE,
            ml_run=(3, 15),
            last_success=max(run.started for run in merged if run.outcome == "SUCCEEDED"),
            published=STARTS["wr_5"] + timedelta(minutes=30),
            last_day="2026-09-30",
            now=NOW,
        ),
    )
    found = Situation(
        runs=report.runs,
        deliveries=report.deliveries,
        freshness=report.freshness,
        schedule=SCHEDULE,
        now=NOW,
        quarantine_limit=0.05,
        features=report.features,
        is_in_step=True,
    )
    return replace(report, findings=findings_in(found))


def report_of_real_lengths() -> Report:
    """Three years as AWS would have them: ids of 67 characters, snapshots of 19 digits, 12 deliveries, 40 features.

    One crawl failed and one job was killed; the run after each did what was left. The last delivery is a bad one.
    """
    report, now = _lengthened(example_report()), datetime(2026, 10, 20, 12, 0, tzinfo=UTC)
    done = next(run for run in reversed(report.runs) if run.deliveries)
    failed = [run for run in report.runs if run.outcome == "FAILED"]
    deliveries, cards, runs = [], [], []
    for number, name in enumerate(f"{2023 + n // 4}Q{n % 4 + 1}" for n in range(3, 15)):
        rows, started = _make_rows(done.deliveries[0], name, number), _start_after(name)
        if name in ("2025Q2", "2026Q2"):
            other = failed[len(runs) // 7 - 1]
            runs.append(replace(other, run_id=_run_id(f"{name} failed"), started=started, ended=started))
            started += timedelta(hours=8, minutes=15)
        run = replace(
            done,
            run_id=_run_id(name),
            started=started,
            ended=started + timedelta(seconds=rows.rows_in / 500),
            job_seconds=rows.rows_in / 500,
            deliveries=(rows,),
            cost=replace(done.cost, usd=rows.rows_in / 1_000_000) if done.cost else None,
        )
        runs.append(run)
        deliveries.append(replace(report.deliveries[-1], delivery=name, run_id=run.run_id, rows=rows))
        cards += [
            replace(report.lineage[-1], delivery=name, run_id=run.run_id, tags=(name,), file=file)
            for file in rows.files
        ]
    calm = [each for each in report.features or () if each.steps[-1].drift is Drift.SMALL]
    lags = [
        replace(each, feature=f"{each.feature}_of_the_neighbouring_region_lag_{i}d") for i in range(18) for each in calm
    ]
    fresh = freshness(
        schedule="cron(0 2 8 1,4,7,10 ? *)",
        ml_run=(1, 15),
        last_success=runs[-1].started,
        published=runs[-1].ended,
        last_day="2026-09-30",
        now=now,
    )
    found = Situation(
        runs=tuple(runs),
        deliveries=tuple(deliveries),
        freshness=fresh,
        schedule="cron(0 2 8 1,4,7,10 ? *)",
        now=now,
        quarantine_limit=0.05,
        features=(*(report.features or ()), *lags),
        is_in_step=True,
    )
    return replace(
        report,
        made_at=now,
        deliveries=found.deliveries,
        lineage=tuple(cards),
        runs=found.runs,
        features=found.features,
        freshness=fresh,
        findings=findings_in(found),
    )


def _make_rows(model: DeliveryRows, name: str, number: int) -> DeliveryRows:
    """A delivery somewhat larger than the one before it; the last of them with ten times the bad dates."""
    rows_in, year, quarter = 610_000 + 24_000 * number + 9_137 * (number * 5 % 4), int(name[:4]), int(name[-1])
    violations = {"date.format": 240 + number * 37 % 90, "brand.required": 60 + number * 53 % 40}
    if name == "2026Q3":
        violations = {"date.format": 15_200, "brand.required": 88, "row.field_count": 1_310}
    quarantined, duplicates = sum(violations.values()), 700 + number * 131 % 500
    first = date(year, 3 * quarter - 2, 1)
    last = date(year + quarter // 4, 3 * quarter % 12 + 1, 1) - timedelta(days=1)
    return replace(
        model,
        delivery=name,
        rows_in=rows_in,
        kept=rows_in - quarantined - duplicates,
        quarantined=quarantined,
        duplicates=duplicates,
        violations=violations,
        first_day=str(first),
        last_day=str(last),
        files=tuple(
            replace(
                model.files[0], uri=f"s3://quartal-prod-123456789012-eu-central-1/raw/feed/delivery={name}/{part}.csv"
            )
            for part in ("north", "south", "east", "west")
        ),
    )


def _start_after(quarter: str) -> datetime:
    """The scheduled start that takes a quarter's files: the 8th of the month after it."""
    year, number = int(quarter[:4]), int(quarter[-1])
    return datetime(year + number // 4, 3 * number % 12 + 1, 8, 2, 0, tzinfo=UTC)


def _run_id(of: str) -> str:
    return f"wr_{hashlib.sha256(of.encode()).hexdigest()}"


def _lengthened(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"(wr|jr)_\d", value):
        return f"{value[:3]}{'2909c13f0d8c4a5f9a6f7c1c1b1fd5a1e2c3a4b5d6e7f8091a2b3c4d5e6f708'}{value[-1]}"
    if isinstance(value, int) and not isinstance(value, bool) and value in {1111 * n for n in range(1, 11)}:
        return 7355255705321240000 + value
    if isinstance(value, tuple):
        return tuple(_lengthened(each) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: _lengthened(getattr(value, each.name)) for each in fields(value)})
    return value
