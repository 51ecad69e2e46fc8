"""What is work for one task. That results do not depend on it is tested in test_run.py, plans in test_job_count.py."""

import pytest

from etl_job.spark.workload import (
    ONE_TASK_FILES,
    ONE_TASK_ROWS,
    ONE_TASK_VALUES,
    Extent,
    collected,
    fits_one_task,
    gathered,
)


def test_extents_add_up_as_if_they_had_nothing_in_common():
    assert Extent(10, 2, 1) + Extent(5, 2, 3) == Extent(15, 4, 4)


def test_many_files_are_opened_by_many_tasks():
    assert Extent(files=ONE_TASK_FILES).fits_one_task_over(1)
    assert not Extent(files=ONE_TASK_FILES + 1).fits_one_task()
    assert not Extent(files=ONE_TASK_FILES + 1).fits_one_task_over(1)


@pytest.mark.parametrize(
    ("extent", "days", "fits"),
    [
        (Extent(), 365, True),
        (Extent(lines=ONE_TASK_ROWS, entities=1), 365, True),
        (Extent(lines=ONE_TASK_ROWS + 1, entities=1), 365, False),
        (Extent(lines=1_000, entities=1_000), ONE_TASK_ROWS // 1_000, True),  # each seen once, and counted on every day
        (Extent(lines=1_000, entities=1_000), ONE_TASK_ROWS // 1_000 + 1, False),
    ],
)
def test_days_of_all_entities_and_lines_both_have_to_fit(extent, days, fits):
    assert extent.fits_one_task_over(days) is fits
    assert extent.fits_one_task() is fits_one_task(extent.lines)


@pytest.mark.parametrize(("columns", "fits"), [(40, True), (41, False)])
def test_wide_rows_are_fewer_before_they_are_too_many_for_the_driver(columns, fits):
    widest = Extent(lines=ONE_TASK_VALUES // 40, entities=ONE_TASK_VALUES // 40)
    assert widest.fits_one_task(columns) is fits
    assert widest.fits_one_task_over(1, columns) is fits


def test_gathered_rows_lie_in_one_partition(spark):
    rows = spark.range(10).repartition(3)
    assert gathered(rows, in_one_task=True).rdd.getNumPartitions() == 1
    assert gathered(rows, in_one_task=False).rdd.getNumPartitions() == 3


def test_collected_rows_are_all_rows_and_none_is_an_empty_table(spark):
    rows = spark.range(10).repartition(3)
    assert sorted(collected(rows).column("id").to_pylist()) == list(range(10))
    assert collected(rows.where("id > 10")).num_rows == 0
