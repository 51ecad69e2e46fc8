"""Results of queries as Athena stores them: CSV of rows, text of statements."""

import pytest

from localstack_glue.athena.engine.results import as_text, read_csv, read_text, result_column, write_csv, write_text
from localstack_glue.athena.engine.trino.types import INTEGER, VARCHAR


def test_stored_texts_are_cut_at_their_line_ends_alone():
    rows = [["a\u2028b", "c\x1cd"], ["e\u0085", ""], ["f\rg", "h\x0b"]]

    assert read_text(write_text(rows), whole_lines=False) == rows
    assert read_text(b"", whole_lines=False) == []


def test_described_rows_are_stored_as_one_value_and_end_without_a_line_break():
    content = write_text([["n\tint\t"], ["\t \t "]])
    assert content == b"n\tint\t\n\t \t "
    assert read_text(content, whole_lines=True) == [["n\tint\t"], ["\t \t "]]


def test_stored_results_distinguish_null_from_empty_and_keep_any_text():
    columns = [result_column("a", VARCHAR), result_column("b", INTEGER)]
    rows = [("x", "1"), ("", None), (None, "2"), ('say "hi",\nthere', "3")]
    content = write_csv(columns, rows)
    assert content.startswith(b'"a","b"\n"x","1"\n"",\n,"2"\n')
    assert read_csv(content) == [["a", "b"], *(list(row) for row in rows)]


def test_single_null_column_is_read_back():
    assert read_csv(write_csv([result_column("a", VARCHAR)], [(None,), ("x",)])) == [["a"], [None], ["x"]]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1, "0.1"),
        (100.0, "100.0"),
        (12345678.0, "1.2345678E7"),
        (0.0001, "1.0E-4"),
        (float("nan"), "NaN"),
        (-0.5, "-0.5"),
    ],
)
def test_double_is_written_as_java_writes_it(value: float, text: str):
    assert as_text(value) == text
