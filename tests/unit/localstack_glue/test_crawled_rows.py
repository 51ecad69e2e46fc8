"""A table that was crawled gives back its files: the rows of strangers' files through crawl and query (G14-G17)."""

import gzip
import io
from collections.abc import Iterator

import pyarrow
import pyarrow.parquet
import pytest
from moto import mock_aws

from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.crawlers.crawling.crawl import CrawlRequest, crawl
from localstack_glue.crawlers.crawling.csv_rules import CsvClassifier
from localstack_glue.crawlers.crawling.json_rules import JsonClassifier
from tests.unit.localstack_glue.athena_lake import Lake

HEADED = CsvClassifier("headed", contains_header="PRESENT")


class Crawled(Lake):
    """A lake whose folder `t/` is crawled."""

    def crawl(self, *classifiers: CsvClassifier | JsonClassifier) -> None:
        targets = {"S3Targets": [{"Path": "s3://lake/t/"}]}
        request = CrawlRequest.from_definition("c", {"DatabaseName": "feeds", "Targets": targets}, classifiers)
        crawl(request, self.s3, self.glue, print, lambda: False)


@pytest.fixture
def lake() -> Iterator[Crawled]:
    with mock_aws():
        yield Crawled()


def parquet(names: list[str], *values: object) -> bytes:
    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table([pyarrow.array([value]) for value in values], names=names), out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        pytest.param("id,n,\n1,2,\n3,4,\n", [("1", "2", ""), ("3", "4", "")], id="trailing-delimiter"),
        pytest.param("id;p\n" + "1;1,5\n" * 3, [("1", "1,5")] * 3, id="decimal-comma"),
        pytest.param("id|t\n" + "1|a, b, c\n" * 3, [("1", "a, b, c")] * 3, id="commas-in-text"),
        pytest.param("id, n\n1, 2\n3, 4\n", [("1", " 2"), ("3", " 4")], id="blanks"),
        pytest.param("\nid,n\n1,2\n", [("", None), ("id", "n"), ("1", "2")], id="blank-line-first"),
        pytest.param("Report\nid,n\n1,2\n3,4\n", [("Report", None), ("id", "n"), ("1", "2"), ("3", "4")], id="title"),
        pytest.param("\ufeffid,n\r\n1,a\r\n2,b\r\n", [("1", "a"), ("2", "b")], id="byte-order-mark"),
        pytest.param("id,n\n1,NaN\n2,1e3\n", [("1", "NaN"), ("2", "1e3")], id="nan"),
        pytest.param("id,n\n1,-1.5e3\n2,\n", [("1", "-1500.0"), ("2", None)], id="exponent-and-blank-cell"),
        pytest.param("id,n\n1,1_000\n2,0x10\n", [("1", "1_000"), ("2", "0x10")], id="numbers-of-programs"),
        pytest.param("id,n\n1,99999999999999999999\n2,3\n", [("1", "1.0E20"), ("2", "3.0")], id="beyond-bigint"),
    ],
)
def test_csv_comes_back(lake, text, rows):
    lake.put("t/a.csv", text)
    lake.crawl()
    assert lake.rows("select * from t") == rows  # G15, G17


@pytest.mark.parametrize("header", ["a,b", "\n\na,b", '"a\nx",b', "a", "a,b,c"])
def test_csv_with_a_header_that_is_present_comes_back_without_it(lake, header):
    lake.put("t/a.csv", f"{header}\n" + "1,x\n" * 5)
    lake.crawl(HEADED)
    assert [row[:2] for row in lake.rows("select * from t")] == [("1", "x")] * 5  # G16


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        pytest.param('{"userId":1}\n{"userId":2}\n', [("1",), ("2",)], id="camel"),
        pytest.param('{"x":{"e:f":3,"g h":4}}\n', [('{"e:f":3,"g h":4}',)], id="names-that-types-cannot-hold"),
        pytest.param('{"x":{"a":1}}\n{"x":{"A":2}}\n', [("{a=1}",), ("{a=2}",)], id="names-in-two-cases"),
        pytest.param('{"a":1}\n{"a":"x"}\n{"a":{"b":[1]}}\n', [("1",), ("x",), ('{"b":[1]}',)], id="mixed-types"),
        pytest.param('{"a":[1,2.5]}\n{"a":[]}\n', [("[1.0, 2.5]",), ("[]",)], id="numbers-in-arrays"),
    ],
)
def test_json_comes_back(lake, text, rows):
    lake.put("t/a.json", text)
    lake.crawl()
    assert lake.rows("select * from t") == rows  # G14


def test_parquet_with_columns_that_differ_in_case_is_refused(lake):
    lake.put("t/a.parquet", parquet(["a", "A"], 1, "x"))
    lake.crawl()
    with pytest.raises(QueryFailedError, match=r"^NOT_SUPPORTED: .* has two columns or fields a and A"):
        lake.rows("select * from t")


def test_parquet_with_fields_that_differ_in_case_is_refused(lake):
    lake.put("t/a.parquet", parquet(["s"], [{"a": 1, "A": 2}]))
    lake.crawl()
    with pytest.raises(QueryFailedError, match=r"^NOT_SUPPORTED: "):
        lake.rows("select * from t")


def test_compressed_file_comes_back_if_its_name_says_so(lake):
    lake.put("t/a.csv.gz", gzip.compress(b"id,n\n1,a\n"))
    lake.crawl()
    assert lake.rows("select * from t") == [("1", "a")]


def test_compressed_file_whose_name_does_not_say_so_is_refused(lake):  # a crawl looks at the bytes, Athena at the name
    lake.put("t/a.csv", gzip.compress(b"id,n\n1,a\n"))
    lake.crawl()
    with pytest.raises(QueryFailedError, match=r"^HIVE_BAD_DATA: .* is gzip and no text"):
        lake.rows("select * from t")


def test_file_beside_the_table_that_is_no_text_is_refused(lake):  # a crawl skips it, Athena reads all of the folder
    lake.put("t/a.csv", "id,n\n1,a\n2,b\n")
    lake.put("t/b.bin", b"PK\x03\x04")
    lake.crawl()
    with pytest.raises(QueryFailedError, match=r"^HIVE_BAD_DATA: .* is ZIP and no text"):
        lake.rows("select * from t")


def test_table_of_records_at_a_json_path_is_refused(lake):  # OpenX's SerDe would make each of its columns null
    lake.put("t/a.json", '{"records": [{"id": 1}, {"id": 2}]}')
    lake.crawl(JsonClassifier.from_definition({"Name": "j", "JsonPath": "$.records[*]"}))
    with pytest.raises(QueryFailedError, match=r"^NOT_SUPPORTED: .* at the JsonPath \$\.records\[\*\]"):
        lake.rows("select * from t")
