"""Classifying CSV (G14-G17)."""

import bz2
import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localstack_glue.crawlers.crawling.csv_rules import CsvClassifier, classify_builtin, classify_custom
from localstack_glue.crawlers.crawling.sampling import SAMPLE_BYTES, Sample, decode_sample
from localstack_glue.crawlers.crawling.schema import Column, FileSchema


def sample(text: str) -> Sample:
    return Sample(text.encode(), is_whole=True)


def columns(schema: FileSchema | None) -> dict[str, str]:
    assert schema is not None
    return {column.name: column.type for column in schema.columns}


@pytest.mark.parametrize("delimiter", [",", "|", "\t", ";", "\u0001"])
def test_builtin_classifier_finds_the_delimiter(delimiter):
    schema = classify_builtin(sample(f"id{delimiter}name\n1{delimiter}a\n2{delimiter}b\n"))

    assert schema is not None
    assert schema.delimiter == delimiter  # G15
    assert columns(schema) == {"id": "bigint", "name": "string"}


def test_builtin_classifier_takes_a_row_of_names_over_numbers_for_a_header():
    schema = classify_builtin(sample("Id,Price,Brand\n1,2.5,Audi\n2,3,BMW\n"))

    assert schema is not None
    assert schema.has_header  # G15
    assert columns(schema) == {"id": "bigint", "price": "double", "brand": "string"}  # G17


def test_builtin_classifier_loses_the_header_of_strings():
    schema = classify_builtin(sample("brand,date,time\nAudi,2024-01-01,12:00:00\nBMW,2024-01-02,12:00:00\n"))

    assert schema is not None
    assert not schema.has_header  # G15
    assert columns(schema) == {"col0": "string", "col1": "string", "col2": "string"}


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("id,2,name", id="a-number-in-it"),
        pytest.param("id,,name", id="an-empty-cell"),
        pytest.param(f"id,{'x' * 150},name", id="a-long-cell"),
    ],
)
def test_builtin_classifier_refuses_what_cannot_be_a_header(header):
    schema = classify_builtin(sample(f"{header}\n1,2,a\n3,4,b\n"))

    assert schema is not None
    assert not schema.has_header  # G15


def test_builtin_classifier_lets_the_last_cell_of_a_header_be_long():
    schema = classify_builtin(sample(f"id,{'x' * 200}\n1,a\n2,b\n"))

    assert schema is not None
    assert schema.has_header  # G15


def test_delimiter_at_the_end_of_each_line_is_no_reason_against_a_header():
    schema = classify_builtin(sample("id,n,\n1,2,\n3,4,\n"))

    assert columns(schema) == {"id": "bigint", "n": "bigint", "col2": "string"}  # G15
    assert schema is not None
    assert schema.has_header


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Report\nid,n\n1,2\n3,4\n", id="title-above"),
        pytest.param("\nid,n\n1,2\n3,4\n", id="blank-line-above"),
        pytest.param('id,"n\nm"\n1,2\n3,4\n', id="two-lines"),
    ],
)
def test_header_that_is_not_the_first_line_is_a_row_as_every_other(text):
    # a SerDe skips one line: with this header, a row of names would be among the data
    schema = classify_builtin(sample(text))
    assert set(columns(schema)) == {"col0", "col1"}
    assert schema is not None
    assert not schema.has_header


def test_header_may_name_columns_whose_values_rows_leave_out():
    schema = classify_builtin(sample("id,n,note,x\n" + "1,2\n" * 9))

    assert columns(schema) == {"id": "bigint", "n": "bigint", "note": "string", "x": "string"}  # G15
    assert schema is not None
    assert (schema.has_header, schema.sampled_records) == (True, 9)


def test_first_row_of_another_width_counts_for_the_types():
    assert columns(classify_builtin(sample("total\n" + "1,2\n" * 9))) == {"col0": "string", "col1": "bigint"}


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        pytest.param("id;price\n" + "1;1,5\n2;2,5\n" * 9, ";", id="decimal-commas"),
        pytest.param("id|n|t\n" + "1|a|x, y, z, w\n" * 9, "|", id="commas-in-text"),
        pytest.param("a,b\n" + "1,2\n" * 9, ",", id="one-alone"),
        pytest.param("a;b,c\n" + "1;2,3\n" * 9, ",", id="both-fit"),
    ],
)
def test_delimiter_that_fits_every_row_is_taken(text, delimiter):
    schema = classify_builtin(sample(text))

    assert schema is not None
    assert schema.delimiter == delimiter


def test_number_with_blanks_around_it_is_text_as_its_serde_reads_it():
    schema = classify_builtin(sample("id, n,m\n1, 2,3 \n4, 5,6 \n"))

    assert columns(schema) == {"id": "bigint", "n": "string", "m": "string"}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a\nb\nc\n", id="one-column"),
        pytest.param("a,b\n", id="one-row"),
        pytest.param("", id="nothing"),
        pytest.param("\n\n\n", id="blank-lines"),
        pytest.param("a,b\n1\n2\n3\n4\n5,6,7\n", id="no-common-width"),
    ],
)
def test_builtin_classifier_refuses_what_is_no_csv(text):
    assert classify_builtin(sample(text)) is None  # G15


def test_builtin_classifier_lives_with_broken_rows():
    rows = "".join(f"{number},a\n" for number in range(20)) + "broken\n1,2,3,4\n"

    assert columns(classify_builtin(sample("id,name\n" + rows))) == {"id": "bigint", "name": "string"}


def test_builtin_classifier_reads_quoted_values():
    schema = classify_builtin(sample('"id","text"\n"1","a, b"\n"2","c\nd"\n'))

    assert columns(schema) == {"id": "bigint", "text": "string"}
    assert schema is not None
    assert schema.is_quoted


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param(["1", "-2", "+3"], "bigint", id="integers"),
        pytest.param(["1", "2.5"], "double", id="integers-and-decimals"),
        pytest.param(["1e5", ".5"], "double", id="exponents"),
        pytest.param(["1", "x"], "string", id="one-text"),
        pytest.param(["1", ""], "bigint", id="empty-says-nothing"),
        pytest.param(["9223372036854775807"], "bigint", id="largest-bigint"),
        pytest.param(["9223372036854775808"], "double", id="beyond-bigint"),
        pytest.param(["2024-01-01"], "string", id="date"),
        pytest.param(["true"], "string", id="boolean"),
    ],
)
def test_types_are_inferred_from_all_values(values, expected):
    rows = "".join(f"{value},1\n" for value in values)

    assert columns(classify_builtin(sample("name,n\n" + rows + rows)))["name"] == expected  # G17


def test_custom_classifier_names_the_columns_that_the_builtin_would_lose():
    classifier = CsvClassifier("c", delimiter=",", contains_header="PRESENT")
    schema = classify_custom(sample("brand,date\nAudi,2024-01-01\n"), classifier)

    assert schema is not None
    assert schema.has_header
    assert columns(schema) == {"brand": "string", "date": "string"}  # G16


def test_custom_header_names_columns_of_a_file_without_one():
    classifier = CsvClassifier("c", contains_header="ABSENT", header=("Brand", "Count"))
    schema = classify_custom(sample("Audi,1\nBMW,2\n"), classifier)

    assert schema is not None
    assert not schema.has_header
    assert columns(schema) == {"brand": "string", "count": "bigint"}  # G16


def test_custom_header_found_in_the_first_row_is_a_header():
    classifier = CsvClassifier("c", header=("brand", "date"))
    schema = classify_custom(sample("Brand,Date\nAudi,2024-01-01\n"), classifier)

    assert schema is not None
    assert schema.has_header  # G16


@pytest.mark.parametrize(
    ("text", "classifier"),
    [
        pytest.param("a,b,c\n1,2,3\n", CsvClassifier("c", header=("a", "b")), id="another-number-of-columns"),
        pytest.param("a|b\n1|2\n", CsvClassifier("c", delimiter=","), id="another-delimiter"),
    ],
)
def test_custom_classifier_leaves_other_files_to_the_next(text, classifier):
    assert classify_custom(sample(text), classifier) is None  # G16


def test_custom_classifier_allows_a_single_column_if_configured():
    text = "name\nx\ny\n"

    assert classify_custom(sample(text), CsvClassifier("c", contains_header="PRESENT")) is None
    allowing = CsvClassifier("c", contains_header="PRESENT", allows_single_column=True)
    assert columns(classify_custom(sample(text), allowing)) == {"name": "string"}  # G16


def test_custom_classifier_quotes_with_its_own_symbol():
    classifier = CsvClassifier("c", delimiter=",", quote_symbol="'", contains_header="PRESENT")

    assert columns(classify_custom(sample("id,text\n1,'a, b'\n"), classifier)) == {"id": "bigint", "text": "string"}


def test_custom_datatypes_are_taken_in_order():
    definition = {"Name": "c", "CustomDatatypeConfigured": True, "CustomDatatypes": ["LONG", "DATE", "STRING"]}
    classifier = CsvClassifier.from_definition(definition | {"Header": ["a", "b", "c"]})
    schema = classify_custom(sample("1,2024-01-01,2\n"), classifier)

    assert columns(schema) == {"a": "bigint", "b": "date", "c": "string"}  # G16


def test_values_are_trimmed_unless_the_classifier_forbids_it():
    text = "a,b\n 1 ,x\n"
    trimming = CsvClassifier("c", contains_header="PRESENT")
    keeping = CsvClassifier("c", contains_header="PRESENT", trims_values=False)

    assert columns(classify_custom(sample(text), trimming))["a"] == "bigint"
    assert columns(classify_custom(sample(text), keeping))["a"] == "string"


def test_values_are_not_trimmed_if_the_classifier_says_nothing():  # API reference of CreateCsvClassifierRequest
    classifier = CsvClassifier.from_definition({"Name": "c", "ContainsHeader": "PRESENT"})

    assert columns(classify_custom(sample("a,b\n 1 ,x\n"), classifier))["a"] == "string"


@pytest.mark.parametrize(
    ("header", "names"),
    [
        pytest.param("a", ["a", "col1"], id="narrower"),
        pytest.param("a,b,c", ["a", "b", "c"], id="wider"),
    ],
)
def test_header_that_is_present_names_columns_if_rows_have_another_width(header, names):
    schema = classify_custom(sample(f"{header}\n" + "1,2\n" * 9), CsvClassifier("c", contains_header="PRESENT"))

    assert list(columns(schema)) == names
    assert schema is not None
    assert (schema.has_header, schema.sampled_records) == (True, 9)


@pytest.mark.parametrize("header", ["\na,b", '"a\nx",b', "\n\n a ,b"])
def test_header_that_is_present_is_skipped_with_all_of_its_lines(header):
    schema = classify_custom(sample(f"{header}\n1,2\n"), CsvClassifier("c", contains_header="PRESENT"))

    assert schema is not None
    assert (schema.has_header, schema.header_lines, schema.sampled_records) == (True, header.count("\n") + 1, 1)


def test_repeated_column_names_are_numbered():
    schema = classify_custom(sample("a,A,b\n1,2,3\n"), CsvClassifier("c", contains_header="PRESENT"))

    assert schema is not None
    assert schema.columns == (Column("a", "bigint"), Column("a_1", "bigint"), Column("b", "bigint"))


@pytest.mark.parametrize(
    ("compress", "name"),
    [pytest.param(gzip.compress, "gzip", id="gzip"), pytest.param(bz2.compress, "bzip2", id="bzip2")],
)
def test_compressed_file_is_read_through_its_compression(compress, name):
    read = decode_sample(compress(b"id,name\n1,a\n"), is_whole=True)
    schema = classify_builtin(read)

    assert (read.compression, read.is_whole) == (name, True)  # G14
    assert columns(schema) == {"id": "bigint", "name": "string"}


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress], ids=["gzip", "bzip2"])
@pytest.mark.parametrize(
    "members",
    [
        pytest.param([b"", b"id,name\n1,a\n"], id="first-empty"),
        pytest.param([b"id,na", b"me\n1,a\n"], id="first-ends-inside-a-line"),
        pytest.param([b"id,name\n", b"", b"1,a\n", b""], id="one-each-line"),
    ],
)
def test_file_of_several_members_is_read_to_its_end(compress, members):  # G14
    read = decode_sample(b"".join(compress(member) for member in members), is_whole=True)

    assert (read.data, read.is_whole) == (b"id,name\n1,a\n", True)
    assert columns(classify_builtin(read)) == {"id": "bigint", "name": "string"}


def test_gzip_that_is_padded_with_zeros_is_read_as_gunzip_reads_it():
    padded = gzip.compress(b"id,name\n") + bytes(700) + gzip.compress(b"1,a\n") + bytes(512)

    assert decode_sample(padded, is_whole=True) == Sample(b"id,name\n1,a\n", is_whole=True, compression="gzip")


def test_rows_before_damage_count_and_the_truncated_line_does_not():
    cut = gzip.compress(b"id,name\n1,a\n2,b\n") + gzip.compress(bytes(range(256)))[:-40]

    read = decode_sample(cut, is_whole=True)

    assert not read.is_whole
    assert read.text_lines[:3] == ["id,name\n", "1,a\n", "2,b\n"]


@pytest.mark.parametrize("character", ["\u0085", "\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e"])
def test_characters_that_end_no_line_of_csv_are_part_of_values(character):
    text = "id,name\n" + f"1,a{character}b\n" * 4

    schema = classify_builtin(sample(text))
    assert columns(schema) == {"id": "bigint", "name": "string"}
    assert schema is not None
    assert schema.sampled_records == 4


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_each_line_end_of_csv_ends_a_line(end):
    assert sample(f"id,n{end}1,2{end}").text_lines == [f"id,n{end}", f"1,2{end}"]


def test_value_longer_than_the_csv_modules_own_limit_is_a_value():
    schema = classify_builtin(sample(f'id,name\n1,"{"x" * 400_000}"\n2,b\n'))

    assert columns(schema) == {"id": "bigint", "name": "string"}


def test_no_more_than_a_megabyte_is_decompressed():
    bomb = gzip.compress(b"1,2\n" * SAMPLE_BYTES)

    for packed in (bomb, gzip.compress(b"") * 5 + bomb, bomb + bomb):
        read = decode_sample(packed, is_whole=True)
        assert (len(read.data), read.is_whole) == (SAMPLE_BYTES, False)  # G14


def test_line_that_the_sample_cuts_off_does_not_count():
    cut = Sample(b"id,n\n1,2\n3,4\n5,x", is_whole=False)

    assert columns(classify_builtin(cut)) == {"id": "bigint", "n": "bigint"}  # G14


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_classified_or_refused(data):
    for compressed in (data, b"\x1f\x8b" + data, b"BZh" + data):
        read = decode_sample(compressed, is_whole=True)
        for schema in (classify_builtin(read), classify_custom(read, CsvClassifier("c", allows_single_column=True))):
            if schema is not None:
                names = [column.name for column in schema.columns]
                assert len(set(names)) == len(names) > 0


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.floats(-1e30, 1e30)), min_size=1, max_size=20))
def test_numbers_keep_their_types(rows):
    text = "id,value\n" + "".join(f"{first},{second!r}\n" for first, second in rows)

    assert columns(classify_builtin(sample(text))) == {"id": "bigint", "value": "double"}
