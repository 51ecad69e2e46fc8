"""How many Spark jobs a small delivery costs, and by which plans: each is planned, compiled and scheduled."""

from etl_job.job_args import parse_arguments
from etl_job.manifest import Totals
from etl_job.progress import Progress
from etl_job.run import run

from .executed_plans import ExecutedPlans, assert_as_kept

HEADER = "sighting_id,brand,date,time"
# Plain rows, keys that repeat, the other rows, those keys for the join, the outcomes, and three writes.
JOBS = 8


def test_first_small_delivery_with_bad_and_repeated_rows_takes_eight_spark_jobs_and_the_plans_that_were_kept(
    spark, lake
):
    row = "k1,Opel,2024-01-01,10:00:00"
    lake.deliver("d1", "\n".join([HEADER, row, row, "k2,Kia,2024-01-02,11:00:00", "broken"]))
    plans = ExecutedPlans(spark)
    manifest = run(parse_arguments(lake.arguments), {}, Progress([].append))
    assert manifest.totals == Totals(rows_in=4, kept=2, quarantined=1, duplicates=1)
    assert manifest.spark.jobs == JOBS
    assert_as_kept("first_delivery", plans.text())
