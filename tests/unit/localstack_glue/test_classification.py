"""Hostile files: each is classified or skipped, nothing raises or hangs; no more is read than needed (G14)."""

import bz2
import gzip
import io
import json
import time
import zipfile
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from localstack_glue.crawlers.crawling.classification import classify_object
from localstack_glue.crawlers.crawling.csv_rules import CsvClassifier
from localstack_glue.crawlers.crawling.json_rules import JsonClassifier
from localstack_glue.crawlers.crawling.listing import S3Object
from localstack_glue.crawlers.crawling.other_formats import UnsupportedFormatError
from localstack_glue.crawlers.crawling.sampling import LARGE_SAMPLE_BYTES, SAMPLE_BYTES, ObjectReader
from localstack_glue.crawlers.crawling.schema import FileSchema

CLASSIFIERS = (
    JsonClassifier.from_definition({"Name": "j", "JsonPath": "$.a[*]"}),
    CsvClassifier("c", delimiter="|", allows_single_column=True),
)
MAX_SECONDS = 20.0


@dataclass
class OneObject:
    """The part of S3 that the reader uses, for one object."""

    body: bytes
    read: list[str] = field(default_factory=list)

    def get_object(self, Bucket: str, Key: str, Range: str) -> dict[str, Any]:  # as boto3 calls it
        self.read.append(Range)
        first, last = Range.removeprefix("bytes=").split("-")
        return {"Body": io.BytesIO(self.body[int(first) : int(last) + 1])}


def run(body: bytes, classifiers: Any = (), s3: OneObject | None = None, name: str = "x") -> FileSchema | None:
    reader = ObjectReader(s3 or OneObject(body), "lake")
    return classify_object(reader, S3Object(name, len(body), (name,)), classifiers)


def run_or_skip(body: bytes, classifiers: Any) -> FileSchema | None:
    try:
        return run(body, classifiers)
    except UnsupportedFormatError:
        return None


CSV_LIKE = st.lists(
    st.lists(st.text(alphabet=st.sampled_from('a1.-+eE ",|;\t\x01\n\r\x00"\'{}[]ü\u2028'), max_size=8), max_size=5),
    max_size=8,
).map(lambda rows: "\n".join(",".join(row) for row in rows).encode())
JSON_LIKE = st.text(alphabet=st.sampled_from('{}[]":,ab01.-eE\\unl \n'), max_size=60).map(str.encode)
CUT_JSON = st.tuples(
    st.dictionaries(st.text(max_size=4), st.lists(st.integers() | st.text(max_size=3), max_size=3), max_size=4),
    st.integers(0, 40),
).map(lambda pair: json.dumps(pair[0]).encode()[: pair[1]])
FILES = CSV_LIKE | JSON_LIKE | CUT_JSON | st.binary(max_size=120)


@settings(max_examples=1000, deadline=2000, suppress_health_check=[HealthCheck.too_slow])
@given(FILES, st.sampled_from([bytes, gzip.compress, bz2.compress, b"PAR1".__add__, b"\x1f\x8b".__add__]))
def test_any_file_is_classified_or_skipped(body, wrap):
    for classifiers in ((), CLASSIFIERS):
        schema = run_or_skip(wrap(body), classifiers)
        if schema is not None:
            names = [column.name for column in schema.columns]
            assert len(set(names)) == len(names) > 0
            assert all(names)
            assert all(column.type for column in schema.columns)
            json.dumps(names).encode()
            "".join(names).encode()  # nothing that a catalog could not store


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"," * (2 * SAMPLE_BYTES), id="commas"),
        pytest.param(b"a,b\n" + b'"' * SAMPLE_BYTES, id="quotes"),
        pytest.param(b"a," * 400_000 + b"\n" + b"1," * 400_000, id="very-wide"),
        pytest.param(b"[" * (2 * SAMPLE_BYTES), id="brackets"),
        pytest.param(b'{"a":' * 300_000, id="objects"),
        pytest.param(b'{"' + b"x" * (12 * SAMPLE_BYTES), id="name-without-end"),
        pytest.param(b"[" + b"1," * (6 * SAMPLE_BYTES), id="long-array"),
        pytest.param(b"\n" * (2 * SAMPLE_BYTES), id="newlines"),
        pytest.param(b"1" * (2 * SAMPLE_BYTES), id="number"),
        pytest.param(gzip.compress(b"[" * (64 * SAMPLE_BYTES)), id="bomb"),
        pytest.param(b"\x00" * (2 * SAMPLE_BYTES), id="zeros"),
    ],
)
def test_large_and_hostile_file_ends_in_time(body):
    started = time.monotonic()
    s3 = OneObject(body)

    run(body, CLASSIFIERS, s3)

    assert time.monotonic() - started < MAX_SECONDS
    assert len(s3.read) <= 2  # G14


def test_json_is_read_further_if_its_first_record_is_long():
    body = json.dumps({"id": 1, "text": "x" * SAMPLE_BYTES}).encode()
    s3 = OneObject(body)

    schema = run(body, s3=s3)

    assert schema is not None
    assert [column.name for column in schema.columns] == ["id", "text"]
    assert s3.read == [f"bytes=0-{SAMPLE_BYTES - 1}", f"bytes=0-{LARGE_SAMPLE_BYTES - 1}"]  # G14


def test_large_parquet_is_read_at_its_end():
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    out = io.BytesIO()
    pq.write_table(pa.table({"id": list(range(400_000))}), out, compression="none", use_dictionary=False)
    body = out.getvalue()
    s3 = OneObject(body)

    schema = run(body, s3=s3)

    assert schema is not None
    assert (schema.record_count, [column.type for column in schema.columns]) == (400_000, ["bigint"])
    assert len(body) > SAMPLE_BYTES
    assert len(s3.read) == 2  # G14: the beginning, which says that it is Parquet, and the footer


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress], ids=["gzip", "bzip2"])
def test_json_is_read_through_its_compression(compress):
    schema = run(compress(b'{"id": 1}\n{"id": 2}\n'))

    assert schema is not None
    assert (schema.classification, schema.compression) == (
        "json",
        "gzip" if compress is gzip.compress else "bzip2",
    )  # G14


def zipped(count: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(count):
            archive.writestr(f"{number}.csv", "id,n\n1,a\n2,b\n")
    return out.getvalue()


APACHE = b'127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET /a HTTP/1.0" 200 2 "-" "Mozilla/5.0 (X11; Linux; rv, x)"\n'


@pytest.mark.parametrize(
    ("body", "name", "format_name"),
    [
        pytest.param(b"Obj\x01\x04\x14avro.codec\x08null,\n,\n", "x.avro", "Avro", id="avro"),
        pytest.param(b"ORC\n1,2\n3,4\n\x08\x03ORC\x17", "x", "ORC", id="orc"),
        pytest.param(b"\xe0\x01\x00\xea\xee", "x.ion", "Amazon Ion", id="ion"),
        pytest.param(b"\x16\x00\x00\x00\x02hello\x00\x06\x00\x00\x00world\x00\x00", "x", "BSON", id="bson"),
        pytest.param(b'<?xml version="1.0"?>\n<r>\n<a>1,2</a>\n<a>1,2</a>\n</r>\n', "x", "XML", id="xml"),
        pytest.param(b'<r>\n<a b="1", c="2"/>\n<a b="1", c="2"/>\n<a b="1", c="2"/></r>', "x", "XML", id="xml-commas"),
        pytest.param(APACHE * 5, "access.log", "an Apache log", id="apache"),
        pytest.param(b"I, [2024-01-01T00:00:00.1 #1]  INFO -- : a\n" * 4, "x", "a Ruby log", id="ruby"),
        pytest.param(b"[    0.000000] a, b\n" * 4, "x", "a Linux kernel log", id="kernel"),
        pytest.param(zipped(1), "x.zip", "compressed by ZIP", id="zip"),
        pytest.param(b"\x04\x22\x4d\x18xyz", "x", "compressed by LZ4", id="lz4"),
        pytest.param(b"\xff\x06\x00\x00sNaPpYxyz", "x", "compressed by Snappy", id="snappy"),
        pytest.param(b"\r0id,n\n1,a\n2,b\n", "x.snappy", "compressed by Snappy", id="snappy-of-hadoop"),
    ],
)
def test_format_that_aws_crawls_and_this_service_does_not_is_named(body, name, format_name):
    with pytest.raises(UnsupportedFormatError, match=f"^it is {format_name}, which glue-local does not crawl"):
        run(body, name=name)


@pytest.mark.parametrize(
    ("body", "delimiter"),
    [
        pytest.param(b"ORC,n\n1,2\n3,4\n", ",", id="orc-in-a-header"),
        pytest.param(b"<b>,n\n<b>,1\n<b>,2\n", ",", id="tags-in-cells"),
        pytest.param(b"I, n\n1, 2\n3, 4\n", ",", id="letter-and-comma"),
        pytest.param(b"[1];n\n[2];3\n[4];5\n", ";", id="brackets"),
    ],
)
def test_csv_that_resembles_another_format_is_csv(body, delimiter):
    schema = run(body)

    assert schema is not None
    assert (schema.classification, schema.delimiter) == ("csv", delimiter)


def test_archive_of_several_files_is_skipped_as_on_aws():
    assert run(zipped(2), name="x.zip") is None


def test_custom_classifier_comes_before_formats_that_are_not_crawled():  # G16
    schema = run(b'<r a="1"|>\n<r a="2"|>\n', CLASSIFIERS)

    assert schema is not None
    assert (schema.classification, schema.delimiter) == ("csv", "|")
