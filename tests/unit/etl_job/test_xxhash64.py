"""The hash of Arrow columns is the one that Spark computes: registers of keys hold those of both."""

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F  # noqa: N812

from etl_job.judging.xxhash64 import hash_columns

texts = st.one_of(st.text(max_size=12), st.text("ab0é車", min_size=13, max_size=100), st.just(""))


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(texts, texts), min_size=1, max_size=150))
def test_hashes_are_those_of_spark_whatever_the_texts(spark, rows):
    frame = spark.createDataFrame(rows, "a string, b string").coalesce(1)
    expected = frame.select(
        F.xxhash64("a"), F.xxhash64(F.lit(0), "a"), F.xxhash64(F.lit(1), "a", "b"), F.xxhash64(F.lit(-7), "b", "a")
    ).collect()
    a, b = (pa.array([row[place] for row in rows], pa.string()) for place in (0, 1))
    found = [hash_columns([a]), hash_columns([a], 0), hash_columns([a, b], 1), hash_columns([b, a], -7)]
    assert [tuple(hashes) for hashes in expected] == list(zip(*(each.to_pylist() for each in found), strict=True))


def test_every_length_around_the_steps_of_the_hash_gives_spark_s(spark):
    lengths = [*range(70), 127, 128, 129, 1_000, 100_001]
    ascending = pa.array(["x" * length for length in lengths], pa.string())
    frame = spark.createDataFrame([("x" * length,) for length in lengths], "a string").coalesce(1)
    expected = [row[0] for row in frame.select(F.xxhash64("a")).collect()]
    assert hash_columns([ascending]).to_pylist() == expected
    sliced = pa.array(["skipped", *("x" * length for length in lengths)], pa.string()).slice(1)
    assert hash_columns([sliced]).to_pylist() == expected


def test_no_texts_have_no_hashes():
    assert hash_columns([pa.array([], pa.string())], 0).to_pylist() == []
