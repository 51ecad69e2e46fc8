"""What is work for one task. That results do not depend on it is tested in test_run.py, plans in test_job_count.py."""

import pytest

from etl_job.spark.workload import (
    ONE_TASK_FILES,
    ONE_TASK_ROWS,
    ONE_TASK_VALUES,
    SizeEstimate,
    collected,
    fits_one_task,
    gathered,
)


def test_size_estimates_add_up_without_overlap():
    assert SizeEstimate(10, 2, 1) + SizeEstimate(5, 2, 3) == SizeEstimate(15, 4, 4)


def test_many_files_are_opened_by_many_tasks():
    assert SizeEstimate(files=ONE_TASK_FILES).fits_one_task_over(1)
    assert not SizeEstimate(files=ONE_TASK_FILES + 1).fits_one_task()
    assert not SizeEstimate(files=ONE_TASK_FILES + 1).fits_one_task_over(1)


@pytest.mark.parametrize(
    ("estimate", "days", "fits"),
    [
        (SizeEstimate(), 365, True),
        (SizeEstimate(lines=ONE_TASK_ROWS, entities=1), 365, True),
        (SizeEstimate(lines=ONE_TASK_ROWS + 1, entities=1), 365, False),
        (
            SizeEstimate(lines=1_000, entities=1_000),
            ONE_TASK_ROWS // 1_000,
            True,
        ),  # each seen once, and counted on every day
        (SizeEstimate(lines=1_000, entities=1_000), ONE_TASK_ROWS // 1_000 + 1, False),
    ],
)
def test_days_of_all_entities_and_lines_both_have_to_fit(estimate, days, fits):
    assert estimate.fits_one_task_over(days) is fits
    assert estimate.fits_one_task() is fits_one_task(estimate.lines)


@pytest.mark.parametrize(("columns", "fits"), [(40, True), (41, False)])
def test_wide_rows_are_fewer_before_they_are_too_many_for_the_driver(columns, fits):
    widest = SizeEstimate(lines=ONE_TASK_VALUES // 40, entities=ONE_TASK_VALUES // 40)
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
