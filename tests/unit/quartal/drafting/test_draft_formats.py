"""How files are written: delimiters, quotes, encodings, headers, JSON lines, Parquet, folders."""

from __future__ import annotations

import gzip
import io
import json
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quartal.contracts.drafting import draft
from quartal.core.errors import ConfigurationError
from tests.unit.quartal.drafting.drafts import contract_in, day, drafted_from, shop, table


@pytest.mark.parametrize(
    ("delimiter", "quote", "options"),
    [
        pytest.param(";", '"', {}, id="semicolons"),
        pytest.param("\t", '"', {}, id="tabs"),
        pytest.param("|", '"', {}, id="bars"),
        pytest.param("^", '"', {}, id="a rare one"),
        pytest.param(",", "'", {"quote_symbol": "'"}, id="single quotes"),
    ],
)
def test_delimiters_and_quotes_are_found(tmp_path, delimiter, quote, options):
    def row(n: int) -> str:
        return delimiter.join([day(n), shop(n), f"{quote}a{delimiter} b{quote}", f"{n}.5"])

    drafted = drafted_from(tmp_path, table(delimiter.join(["day", "shop", "note", "amount"]), row))
    contract = contract_in(drafted)
    assert (drafted.verdict.kept, contract.csv.delimiter) == (40, delimiter)
    assert contract.csv.model_dump(include=set(options)) == options


def test_delimiter_is_the_one_that_cuts_the_header_too(tmp_path):
    drafted = drafted_from(tmp_path, table("day;shop;note", lambda n: f"{day(n)};{shop(n)};a, b, c, d"))
    assert (contract_in(drafted).csv.delimiter, drafted.verdict.kept) == (";", 40)


def test_day_that_is_all_zeros_is_none(tmp_path):
    rows = table("day,shop,amount", lambda n: f"{'0000-00-00' if n % 8 == 0 else day(n)},{shop(n)},{n % 7}")
    assert drafted_from(tmp_path, rows).verdict.broken == {"day.required": 5}


def test_line_breaks_within_quotes_belong_to_values(tmp_path):
    drafted = drafted_from(tmp_path, table("day,shop,note", lambda n: f'{day(n)},{shop(n)},"a\nb"'))
    assert (drafted.verdict.kept, contract_in(drafted).csv.multi_line) == (40, True)


def test_values_without_line_breaks_need_no_records_over_several_lines(tmp_path):
    drafted = drafted_from(tmp_path, table("day,shop,note", lambda n: f'{day(n)},{shop(n)},"a, b"'))
    assert (drafted.verdict.kept, contract_in(drafted).csv.multi_line) == (40, False)


def test_quote_that_is_never_closed_does_not_make_one_row_of_the_rest(tmp_path):
    rows = table("day,shop,note", lambda n: f"{day(n)},{shop(n)},{chr(34) if n == 20 else ''}a")
    assert contract_in(drafted_from(tmp_path, rows)).csv.multi_line is False


def test_escaped_quotes_are_found(tmp_path):
    drafted = drafted_from(tmp_path, table("day,shop,note", lambda n: f'{day(n)},{shop(n)},"a \\"b, c\\" d"'))
    assert (drafted.verdict.kept, contract_in(drafted).csv.escape) == (40, "\\")


def test_other_encodings_are_found_or_refused(tmp_path):
    rows = table("day,shop,amount", lambda n: f"{day(n)},Süd{n % 2},{n % 7}")
    assert contract_in(drafted_from(tmp_path, rows.encode("latin-1"))).csv.encoding == "ISO-8859-1"
    broken = rows.encode().replace(b"S\xc3\xbcd0", b"S\xfcd0", 1)
    drafted = drafted_from(tmp_path, broken)
    assert (contract_in(drafted).csv.encoding, drafted.verdict.broken) == ("UTF-8", {"row.encoding": 1})


def test_file_without_a_header_gets_names_to_replace(tmp_path):
    contract = contract_in(drafted_from(tmp_path, table("2023-12-31,A,7", lambda n: f"{day(n)},{shop(n)},{n % 7}")))
    assert contract.csv.header is False
    assert [column.name for column in contract.columns] == ["column_1", "column_2", "column_3"]


def test_column_without_a_name_is_left_out(tmp_path):
    drafted = drafted_from(tmp_path, table('"",day,shop', lambda n: f'"{n}",{day(n)},{shop(n)}'))
    assert [column.name for column in contract_in(drafted).columns] == ["day", "shop"]
    assert drafted.verdict.kept == 40


def test_more_columns_than_the_job_has_rules_for_are_left_as_text(tmp_path):
    header = ",".join(["day", *(f"v{n}" for n in range(80))])
    drafted = drafted_from(tmp_path, table(header, lambda n: ",".join([day(2 * n), *(f"{n}.{k}" for k in range(80))])))
    contract = contract_in(drafted)
    assert (len(contract.columns), drafted.verdict.kept) == (81, 40)
    assert "v79: left as text" in drafted.text.replace("\n", " ")


def to_lines(rows: list[dict[str, Any]]) -> bytes:
    return "\n".join(map(json.dumps, rows)).encode()


ROWS = [{"day": day(n), "shop": shop(n), "amount": n + 0.5, "tags": ["a"]} for n in range(40)]


def test_json_lines_are_drafted(tmp_path):
    drafted = drafted_from(tmp_path, gzip.compress(to_lines([*ROWS, {"day": day(3), "shop": "A"}])), name="a.json.gz")
    contract = contract_in(drafted)
    assert (contract.files.format, drafted.verdict.kept) == ("jsonLines", 41)
    assert contract.column("amount").logical_type == "number"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize(
    "names",
    [
        "[day],[shop]",
        "{day},{shop}",
        "[2024-01],[2]",
        '["day"],["shop"]',
        "[[day]],[[shop]]",
        '{"day"},{"shop"}',
        "[],{}",
    ],
)
def test_csv_whose_header_begins_with_a_bracket_is_csv(tmp_path, names, encoding):
    header = f"{names},amount"
    drafted = drafted_from(tmp_path, table(header, lambda n: f"{day(n)},{shop(n)},{n}").encode(encoding))
    assert contract_in(drafted).files.format == "csv"


@pytest.mark.parametrize(
    "text",
    [
        '[{"day": "2024-01-01"}, {"day": "2024-01-02"}]',
        '[\n {"day": "2024-01-01"}\n]\n',
        '{\n "day": "2024-01-01"\n}\n',
        '["2024-01-01", "A"]\n["2024-01-02", "B"]\n',
        '["2024-01-01",\n "2024-01-02"]\n',
        '{"day": "2024-01-01"},\n{"day": "2024-01-02"},\n',
        '{"day": "2024-01-01"}{"day": "2024-01-02"}',
        "{'day': '2024-01-01'}\n{'day': '2024-01-02'}\n",
        '{"day": "2024-01-01\n',
        '{"day": 2024-01-01}\n{"day": 2024-01-02}\n',
    ],
)
def test_json_in_another_form_than_lines_is_refused_as_json(tmp_path, text):
    with pytest.raises(ConfigurationError, match="JSON"):
        drafted_from(tmp_path, text)


def parquet(**columns: pa.Array) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("days", "kind", "form"),
    [
        pytest.param(pa.date32(), "date", "yyyy-MM-dd", id="dates"),
        pytest.param(pa.timestamp("ns"), "date", "yyyy-MM-dd", id="midnights, as pandas writes"),
        pytest.param(pa.timestamp("us", "UTC"), "timestamp", "yyyy-MM-dd'T'HH:mm:ssXXX", id="moments"),
    ],
)
def test_parquet_is_drafted_by_its_types(tmp_path, days, kind, form):
    content = parquet(
        day=pa.array([date.fromisoformat(day(n)) for n in range(40)]).cast(pa.timestamp("s")).cast(days),
        shop=pa.array([shop(n) for n in range(40)]).dictionary_encode(),
        amount=pa.array([n / 3 for n in range(40)]),
        nothing=pa.nulls(40),
        nested=pa.array([[1]] * 40),
    )
    drafted = drafted_from(tmp_path, content, name="a.parquet")
    contract = contract_in(drafted)
    assert (contract.files.format, drafted.verdict.kept, contract.features.entity) == ("parquet", 40, ("shop",))
    assert (contract.column("day").logical_type, contract.column("day").rules.format) == (kind, form)
    assert contract.column("amount").rules.rounding == 6
    assert [column.name for column in contract.columns] == ["day", "shop", "amount", "nothing"]


def test_parquet_with_a_name_twice_but_for_capitals_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="Column day, Day appears twice"):
        drafted_from(tmp_path, parquet(day=pa.array([day(0)]), Day=pa.array([day(0)])), name="a.parquet")


def test_folder_is_drafted_from_all_its_files(tmp_path):
    for number in range(3):
        rows = table("day,shop,amount", lambda n, of=number: f"{day(n)},{shop(n)},{n + of}", rows=10)
        (tmp_path / f"part-{number}.csv").write_text(rows)
    (tmp_path / "part-3.csv").write_text("shop,day,amount,tip\nC,2024-05-01,1.5,1\n")
    drafted = draft(tmp_path, "feed")
    assert (drafted.verdict.kept, drafted.verdict.rows) == (31, 31)
    assert contract_in(drafted).column("amount").logical_type == "number"
    assert "#   tip: present only in some files" in drafted.text.splitlines()


def test_files_of_a_folder_that_are_written_otherwise_are_named(tmp_path):
    (tmp_path / "a.csv").write_text(table("day,shop", lambda n: f"{day(n)},{shop(n)}"))
    (tmp_path / "b.csv").write_text(table("day;shop", lambda n: f"{day(n)};{shop(n)}"))
    with pytest.raises(ConfigurationError, match=r"a\.csv is csv .*b\.csv is csv"):
        draft(tmp_path, "feed")


def test_large_file_is_judged_by_its_end_too(tmp_path):
    long = "x" * 2_000
    rows = table(
        "day,shop,amount,note", lambda n: f"{day(n % 400)},{shop(n)},{n if n < 9_000 else 'none'},{long}", 10_000
    )
    for name, content in (("a.csv", rows.encode()), ("a.csv.gz", gzip.compress(rows.encode(), 1))):
        drafted = drafted_from(tmp_path, content, name=name)
        assert "first, middle and last rows, " in drafted.text
        assert contract_in(drafted).column("amount").rules.missing_values == ("none",)
