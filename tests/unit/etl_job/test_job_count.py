"""How many Spark jobs a small delivery costs: each is planned, compiled and scheduled."""

import pytest

from etl_job.arguments import parse_arguments
from etl_job.manifest.model import Totals
from etl_job.notify.progress import Progress
from etl_job.run import run
from etl_job.spark import workload

HEADER = "sighting_id,brand,date,time"
ROW = "k1,Opel,2024-01-01,10:00:00"
# Rows read and judged, keys that repeat, those keys for the join, the daily counts, rows that are not kept, bad rows,
# features; and the curated table's rows, and what they say of each delivery, unless they are few.
FEW, MANY = 7, 9


def manifest_of_run(lake):
    return run(parse_arguments(lake.arguments), {}, Progress([].append))


@pytest.mark.parametrize(
    ("one_task_rows", "most_jobs"), [(workload.ONE_TASK_ROWS, FEW), (0, MANY)], ids=["in one task", "in many tasks"]
)
def test_first_delivery_with_bad_and_repeated_rows_takes_few_spark_jobs(
    spark, lake, monkeypatch, one_task_rows, most_jobs
):
    monkeypatch.setattr(workload, "ONE_TASK_ROWS", one_task_rows)
    lake.deliver("d1", "\n".join([HEADER, ROW, ROW, "k2,Kia,2024-01-02,11:00:00", "broken"]))
    manifest = manifest_of_run(lake)
    assert manifest.totals == Totals(rows_in=4, kept=2, quarantined=1, duplicates=1, conflicts=0)
    assert 0 < manifest.spark.jobs <= most_jobs
