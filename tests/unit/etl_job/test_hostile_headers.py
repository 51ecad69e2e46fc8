"""Heads of files that are no header: one reason that names the file."""

import gzip
import re

import pytest

from etl_job.errors import InputError
from etl_job.reading import parse_header

HEADER = b"sighting_id,brand,date,time\n"


@pytest.mark.parametrize(
    ("name", "head"),
    [
        pytest.param("a.csv", b"x" * 200_000, id="one-endless-line"),
        pytest.param("a.csv", b'"' + b"x" * 200_000, id="quote-never-closed"),
        pytest.param("a.csv", bytes(1000), id="null-bytes"),
        pytest.param("a.csv", b"PK\x03\x04" + bytes(100), id="zip"),
        pytest.param("a.csv.gz", gzip.compress(bytes(50_000_000)), id="bomb"),
        pytest.param("a.csv.gz", b"PK\x03\x04" + bytes(100), id="zip-called-gzip"),
        pytest.param("a.csv.gz", HEADER, id="plain-called-gzip"),
    ],
)
def test_head_that_is_no_header_is_refused_by_the_file_name(contract, name, head):
    with pytest.raises(InputError, match=re.escape(name)) as raised:
        parse_header(head, name, contract)
    assert len(str(raised.value)) < 1000
    assert str(raised.value).isprintable()
