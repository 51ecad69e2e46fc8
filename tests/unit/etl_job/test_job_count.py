"""How many Spark jobs a small delivery costs, and by which plans: each is planned, compiled and scheduled."""

import pytest

from etl_job import extent
from etl_job.job_args import parse_arguments
from etl_job.manifest import Totals
from etl_job.progress import Progress
from etl_job.run import run

from .executed_plans import ExecutedPlans, assert_as_kept

HEADER = "sighting_id,brand,date,time"
ROW = "k1,Opel,2024-01-01,10:00:00"
# Rows read and judged, keys that repeat, those keys for the join, the daily counts, rows that are not kept, bad rows and
# features; and the curated table's rows, unless they are few.
JOBS = 8


def manifest_of_run(lake):
    return run(parse_arguments(lake.arguments), {}, Progress([].append))


@pytest.mark.parametrize(
    ("one_task_rows", "jobs", "plans_kept"),
    [(extent.ONE_TASK_ROWS, JOBS - 1, "first_delivery"), (0, JOBS, "first_delivery_in_many_tasks")],
)
def test_first_delivery_with_bad_and_repeated_rows_takes_few_spark_jobs_and_the_plans_that_were_kept(
    spark, lake, monkeypatch, one_task_rows, jobs, plans_kept
):
    monkeypatch.setattr(extent, "ONE_TASK_ROWS", one_task_rows)
    lake.deliver("d1", "\n".join([HEADER, ROW, ROW, "k2,Kia,2024-01-02,11:00:00", "broken"]))
    plans = ExecutedPlans(spark)
    manifest = manifest_of_run(lake)
    assert manifest.totals == Totals(rows_in=4, kept=2, quarantined=1, duplicates=1)
    assert manifest.spark.jobs == jobs
    assert_as_kept(plans_kept, plans.text())


def test_later_delivery_meets_the_published_days_in_one_task_by_the_plans_that_were_kept(spark, lake):
    lake.deliver("d1", "\n".join([HEADER, ROW, "k2,Kia,2024-01-02,11:00:00"]))
    manifest_of_run(lake)
    lake.deliver("d2", "\n".join([HEADER, "k3,Kia,2024-04-01,11:00:00"]))
    plans = ExecutedPlans(spark)
    assert manifest_of_run(lake).totals == Totals(rows_in=1, kept=1)
    assert_as_kept("later_delivery", plans.text())
