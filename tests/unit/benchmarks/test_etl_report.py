from dataclasses import replace

from benchmarks.etl.legs import ALONE, ON_HISTORY, EtlResult, Line
from benchmarks.etl.measuring import Cost
from benchmarks.etl.report import NEEDS, absent, ratios
from benchmarks.etl.tools import BARE, BARE_SAME_JAVA, DUCKDB, NAIVE, OURS, TUNED, shuffled_bytes


def line(work: str, tool: str, *walls: float, rows: int = 1_000_000) -> Line:
    return Line(work, tool, rows, tuple(Cost(wall, 2 * wall, 100 * wall) for wall in walls), 4_000_000)


def test_ratios_are_of_medians_ours_over_the_peers():
    result = EtlResult(
        [
            line("1 M rows", OURS, 7, 99, 6),
            line("1 M rows", TUNED, 10, 9, 14),
            line("1 M rows", NAIVE, 28, 28, 28),
            line("10 M rows", OURS, 35, rows=10_000_000),
            line("10 M rows", TUNED, 50, rows=10_000_000),
            line("40 M rows", OURS, 60, rows=40_000_000),
            line("40 M rows", DUCKDB, 15, rows=40_000_000),
            line("10 M rows, S3A", OURS, 33),
            line("10 M rows, files", OURS, 30),
            line("delivery 1 of 5, 1 M rows each", OURS, 10),
            line("delivery 5 of 5, 1 M rows each", OURS, 11),
            line("2000 rows", OURS, 9),
            line("2000 rows", BARE, 6),
            line("2000 rows", BARE_SAME_JAVA, 5),
            line(ON_HISTORY, OURS, 12),
            line(ALONE, OURS, 10),
        ]
    )
    assert ratios(result) == {
        "wall_over_tuned_spark": 0.7,
        "cpu_over_tuned_spark": 0.7,
        "wall_over_tuned_spark_1m": 0.7,
        "cpu_over_tuned_spark_1m": 0.7,
        "wall_over_naive": 0.25,
        "wall_over_duckdb": 4.0,
        "growth_10x": 5.0,
        "s3a_over_local": 1.1,
        "fifth_over_first_delivery": 1.1,
        "small_over_bare_session": 1.5,
        "small_over_bare_session_same_java": 1.8,
        "cpu_small_over_bare_session": 1.5,
        "on_history_over_alone": 1.2,
        "cpu_on_history_over_alone": 1.2,
        "rows_per_s": 285714,
        "peak_rss_mb": 3500,
        "peak_rss_mb_most": 3500,
        "shuffle_bytes_per_row": 0.4,
    }


def test_archive_of_classes_counts_as_used_if_each_run_of_the_job_used_it():
    used = replace(line("1 M rows", OURS, 7), class_archive=True)
    assert ratios(EtlResult([used]))["class_archive_used"] == 1.0
    assert ratios(EtlResult([used, replace(used, class_archive=False)]))["class_archive_used"] == 0.0
    assert "class_archive_used" not in ratios(EtlResult([line("1 M rows", OURS, 7)]))


def test_unmeasured_values_are_absent_and_marked_as_such():
    result = EtlResult([line("1 M rows", OURS, 7), line("1 M rows", TUNED, 10)])
    found = ratios(result)
    assert found.keys() == {"wall_over_tuned_spark_1m", "cpu_over_tuned_spark_1m"}
    assert {text.partition(":")[0] for text in absent(found)} == NEEDS.keys() - found.keys()


def test_shuffled_bytes_are_those_that_tasks_wrote(tmp_path):
    (tmp_path / "events").write_text(
        '{"Event":"SparkListenerTaskEnd","Task Metrics":{"Shuffle Write Metrics":{"Shuffle Bytes Written":5}}}\n'
        '{"Event":"SparkListenerTaskEnd"}\n'
        '{"Event":"SparkListenerJobEnd"}\n'
        '{"Event":"SparkListenerTaskEnd","Task Metrics":{"Shuffle Write Metrics":{"Shuffle Bytes Written":2}}}\n'
    )
    assert shuffled_bytes(tmp_path) == 7
