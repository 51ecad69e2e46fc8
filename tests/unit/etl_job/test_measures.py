"""Parts of measures: which value of a second is the last, and what a day without values has."""

from datetime import date
from decimal import Decimal

import pytest

from etl_job.contract.feature_spec import Measure
from etl_job.contract.model import Contract
from etl_job.contract.schemas import curated_columns, ddl, staged_columns
from etl_job.publishing.features import FeatureRange, compute_features
from etl_job.publishing.measures import with_measures

DAY = date(2024, 5, 1)
HOUR = (DAY - date(1970, 1, 1)).days * 24 + 10
SECOND = HOUR * 3600


@pytest.fixture
def measured(contract) -> Contract:
    measures = (Measure(column="toll", aggregates=("sum", "mean", "min", "max", "last")),)
    plain = {"hour_histogram": False, "share": False, "rolling_mean_days": (), "lag_days": (), "to_date": None}
    return contract.model_copy(
        update={"features": contract.features.model_copy(update={"measures": measures, **plain})}
    )


def test_last_of_equal_seconds_is_that_of_the_last_row_by_file_and_place(spark, measured):
    def row(toll: str | None, second: int, *place: int) -> tuple[object, ...]:
        number = Decimal(toll) if toll else None
        return ("d1", 0, 0, 0, "Opel", HOUR, second, number, 0, 0, None, *place)

    staged = [
        row("4", SECOND + 5, 1, 0, 7),
        row("2", SECOND + 5, 1, 9, 1),
        row("8.5", SECOND + 5, 0, 50, 99),
        row(None, SECOND + 9, 1, 9, 2),
    ]
    frame = spark.createDataFrame(staged, ddl(staged_columns(measured.features)))
    daily = spark.createDataFrame([("d1", "Opel", DAY, 4)], "delivery string, brand string, day date, sightings long")
    (found,) = with_measures(daily, frame, None, measured).collect()
    assert tuple(found) == (
        "d1",
        "Opel",
        DAY,
        4,
        Decimal("14.5"),
        3,
        Decimal(2),
        Decimal("8.5"),
        Decimal(2),
        SECOND + 5,
    )


def test_days_add_up_over_deliveries_and_a_day_without_values_has_a_sum_of_0_and_nulls(spark, measured):
    def part(delivery: str, *tolls: str, second: int) -> tuple[object, ...]:
        values = [Decimal(toll) for toll in tolls]
        return (delivery, "Opel", DAY, 3, sum(values), len(values), min(values), max(values), values[-1], second)

    parts = [
        part("d2", "0.1", "0.2", second=SECOND),
        part("d1", "0.3", second=SECOND),
        part("d0", "9", second=SECOND - 1),
        ("d9", "Opel", DAY, 1, None, 0, None, None, None, None),  # rows, but none with a value
    ]
    frame = spark.createDataFrame(parts, ddl(curated_columns(measured.features)))
    range_ = FeatureRange(DAY, date(2024, 5, 2))
    found = sorted(tuple(row) for row in compute_features(frame, measured.features, range_).collect())
    assert found == [
        ("Opel", DAY, "2024Q2", 10, 9.6, 9.6 / 4, 0.1, 9.0, 0.2),
        ("Opel", date(2024, 5, 2), "2024Q2", 0, 0.0, None, None, None, None),
    ]
