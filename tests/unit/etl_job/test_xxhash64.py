"""The hash of Arrow columns is the one that Spark computes: registers of keys hold those of both."""

import random

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F  # noqa: N812

from etl_job.judging.xxhash64 import hash_columns

MASK = 2**64 - 1
P1, P2, P3 = 11400714785074694791, 14029467366897019727, 1609587929392839161
P4, P5 = 9650029242287828579, 2870177450012600261


def xxh64(text: bytes, seed: int) -> int:
    """One text, step by step as the specification has it."""

    def rotated(number: int, by: int) -> int:
        return (number << by | number >> 64 - by) & MASK

    def mixed(total: int, lane: bytes) -> int:
        return rotated(total + int.from_bytes(lane, "little") * P2 & MASK, 31) * P1 & MASK

    sums, place = [seed + P1 + P2, seed + P2, seed, seed - P1], 0
    while len(text) - place >= 32:
        sums = [mixed(one, text[place + 8 * n : place + 8 * n + 8]) for n, one in enumerate(sums)]
        place += 32
    found = seed + P5
    if place:
        found = sum(rotated(one, by) for one, by in zip(sums, (1, 7, 12, 18), strict=True))
        for one in sums:
            found = (found ^ mixed(0, one.to_bytes(8, "little"))) * P1 + P4 & MASK
    found = found + len(text) & MASK
    while len(text) - place >= 8:
        found, place = rotated(found ^ mixed(0, text[place : place + 8]), 27) * P1 + P4 & MASK, place + 8
    if len(text) - place >= 4:
        lane = int.from_bytes(text[place : place + 4], "little") * P1 & MASK
        found, place = rotated(found ^ lane, 23) * P2 + P3 & MASK, place + 4
    for byte in text[place:]:
        found = rotated(found ^ (byte * P5 & MASK), 11) * P1 & MASK
    found = (found ^ found >> 33) * P2 & MASK
    found = (found ^ found >> 29) * P3 & MASK
    return found ^ found >> 32


@pytest.mark.parametrize("count", [1, 29, 30, 31, 400])
def test_hashes_are_those_of_the_specification_however_many_texts_and_lengths_there_are(count):
    chance = random.Random(count)  # noqa: S311 - a seed, no secret
    longest = [0, 31, 64, 300, 2_000]
    columns = [["".join(chance.choices("ab0é車", k=chance.randint(0, most))) for _ in range(count)] for most in longest]
    columns.append(["x" * chance.choice([0, 31, 32, 33, 63, 64, 65, 5_000]) for _ in range(count)])
    for column in columns:
        assert hash_columns([pa.array(column)])[0].cast(pa.int64()).to_pylist() == [
            int.from_bytes(xxh64(text.encode(), 42).to_bytes(8, "little"), "little", signed=True) for text in column
        ]


texts = st.one_of(st.text(max_size=12), st.text("ab0é車", min_size=13, max_size=100), st.just(""))


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(texts, texts), min_size=1, max_size=150))
def test_hashes_are_those_of_spark_whatever_the_texts(spark, rows):
    frame = spark.createDataFrame(rows, "a string, b string").coalesce(1)
    expected = frame.select(
        F.xxhash64("a"), F.xxhash64(F.lit(0), "a"), F.xxhash64(F.lit(1), "a", "b"), F.xxhash64(F.lit(-7), "b", "a")
    ).collect()
    a, b = (pa.array([row[place] for row in rows], pa.string()) for place in (0, 1))
    found = [*hash_columns([a], [None, 0]), hash_columns([a, b], [0, 1])[1], *hash_columns([b, a], [-7])]
    assert [tuple(hashes) for hashes in expected] == list(zip(*(each.to_pylist() for each in found), strict=True))


def test_every_length_around_the_steps_of_the_hash_gives_spark_s(spark):
    lengths = [*range(70), 127, 128, 129, 1_000, 100_001]
    ascending = pa.array(["x" * length for length in lengths], pa.string())
    frame = spark.createDataFrame([("x" * length,) for length in lengths], "a string").coalesce(1)
    expected = [row[0] for row in frame.select(F.xxhash64("a")).collect()]
    assert hash_columns([ascending])[0].to_pylist() == expected
    sliced = pa.array(["skipped", *("x" * length for length in lengths)], pa.string()).slice(1)
    assert hash_columns([sliced])[0].to_pylist() == expected


def test_no_texts_have_no_hashes():
    assert [found.to_pylist() for found in hash_columns([pa.array([], pa.string())], [0, 1])] == [[], []]
