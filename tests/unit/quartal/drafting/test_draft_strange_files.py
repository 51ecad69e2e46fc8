"""Files as strangers write them: drafted so that the job reads of them what is there, or refused by name."""

from __future__ import annotations

import gzip
import os
from datetime import date

import pyarrow as pa
import pytest

from quartal.contracts.drafting import draft
from quartal.core.errors import ConfigurationError
from tests.unit.quartal.drafting.drafts import contract_in, day, drafted_from, parquet, shop, table, tried

ROWS = table("day,shop,amount", lambda n: f"{day(n)},{shop(n)},{n % 7}")
CAFES = ROWS.replace(",A,", ",Café,")


# ------------------------------------------------------------------- encodings


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        pytest.param(CAFES.encode("utf-16"), "UTF-16", id="UTF-16"),
        pytest.param(("\ufeff" + CAFES).encode("utf-16-be"), "UTF-16", id="UTF-16, the other way round"),
        pytest.param(CAFES.encode("utf-8-sig"), "UTF-8", id="UTF-8 with a mark"),
        pytest.param(CAFES.encode("latin-1"), "ISO-8859-1", id="ISO-8859-1"),
        pytest.param(CAFES.replace("Café", "€ Café").encode("cp1252"), "windows-1252", id="windows-1252"),
    ],
)
def test_encodings_of_the_job_are_drafted(tmp_path, content, encoding):
    drafted = drafted_from(tmp_path, content)
    contract = tried(tmp_path, drafted)
    assert (contract.csv.encoding, drafted.verdict.kept) == (encoding, 40)
    assert ("Café" in drafted.text) == (encoding in ("ISO-8859-1", "windows-1252"))  # as evidence of a guess


def test_utf_16_in_gzip_is_drafted(tmp_path):
    drafted = drafted_from(tmp_path, gzip.compress(CAFES.encode("utf-16")), name="feed.csv.gz")
    assert tried(tmp_path, drafted).csv.encoding == "UTF-16"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(ROWS.replace(",A,", ",Москва,").encode("cp1251"), "another script", id="Cyrillic"),
        pytest.param(ROWS.replace(",A,", ",東京,").encode("shift_jis"), "another script", id="Japanese"),
        pytest.param(ROWS.replace(",A,", ",Süd,").encode("cp850"), "sense in CP850 \\('Süd'\\)", id="of DOS"),
        pytest.param(ROWS.replace(",A,", ",S\x81d\x8d,").encode("latin-1"), "nor windows-1252", id="of none"),
        pytest.param(
            ROWS.encode("utf-16-le"), "UTF-16 or UTF-32 without a byte order mark", id="UTF-16 without its mark"
        ),
        pytest.param(ROWS.encode("utf-32"), "UTF-16 or UTF-32", id="UTF-32"),
        pytest.param(ROWS.encode("utf-16")[:-1], "byte .* is not valid UTF-16", id="UTF-16 with half a character"),
        pytest.param('{"day": "2024-01-01"}\n'.encode("utf-16"), "JSON in UTF-16", id="JSON in UTF-16"),
        pytest.param(CAFES.encode("latin-1") + CAFES.encode().partition(b"\n")[2], "two encodings", id="two encodings"),
    ],
)
def test_other_encodings_are_refused_by_what_shows_them(tmp_path, content, message):
    with pytest.raises(ConfigurationError, match=message):
        drafted_from(tmp_path, content)


OTHERS = {
    "Polish": ("cp1250", "CP1250", "Łódź Gdańsk Kraków Wrocław Białystok"),
    "Polish of Unix": ("iso8859-2", "ISO-8859-2", "Łódź Gdańsk Kraków Wrocław Zamość"),
    "one Polish town": ("cp1250", "CP1250", "Łódź"),
    "Czech": ("cp1250", "CP1250", "Příbram Plzeň Děčín Brno Kroměříž"),
    "Slovak": ("cp1250", "CP1250", "Košice Žilina Piešťany Ľubovňa"),
    "Hungarian": ("cp1250", "CP1250", "Győr Kőszeg Fűzfő Pécs Tatabánya"),
    "Romanian": ("cp1250", "CP1250", "Bucureşti Iaşi Constanţa Bacău"),
    "Croatian": ("cp1250", "CP1250", "Čakovec Požega Šibenik Varaždin Đakovo Poreč Ćićarija"),
    "Turkish": ("cp1254", "CP1254", "İstanbul Beyoğlu Muğla Şişli Eskişehir"),
    "Latvian": ("cp1257", "CP1257", "Rīga Jūrmala Rēzekne Ķegums Cēsis"),
    "Lithuanian": ("cp1257", "CP1257", "Šiauliai Kėdainiai Panevėžys Klaipėda Alytus Mažeikiai"),
    "French of Macintosh": ("mac_roman", "MACINTOSH", "Orléans Besançon Nîmes Évry"),
}
WESTERN = {
    "German": "Köln München Gießen »Süd« Übersee",
    "French": "Orléans Besançon Nîmes Évry Cœuvres",
    "Spanish": "Málaga Logroño Cádiz ¿Dónde? nº",
    "Portuguese": "São João Évora Guimarães Camões Açores",
    "Swedish": "Älmhult Åre Örebro ”citat” Linné",
    "Danish": "Århus Ærø Køge Sønderborg",
    "Icelandic": "Þórshöfn Ísafjörður Seyðisfjörður Reykjavík",
    "Estonian": "Tõrva Pärnu Võru Jõgeva Põltsamaa Mägi",
    "Albanian": "Çdo Durrës Kuçovë Përmet Shëngjin",
    "of many countries": "Málaga Køge Köln Nîmes São 20° m² “A” €",
}


@pytest.mark.parametrize(("codec", "name", "words"), OTHERS.values(), ids=OTHERS)
def test_words_that_make_no_sense_in_a_western_encoding_are_not_read_in_one(tmp_path, codec, name, words):
    rows = table("day;shop;amount", lambda n: f"{day(n)};{words.split()[n % len(words.split())]};{n}")
    with pytest.raises(ConfigurationError, match=rf"make sense in {name} \(") as raised:
        drafted_from(tmp_path, rows.encode(codec))
    assert f"iconv -f {name} -t UTF-8" in (raised.value.remedy or "")


@pytest.mark.parametrize("words", WESTERN.values(), ids=WESTERN)
def test_words_of_western_languages_are_read(tmp_path, words):
    rows = table("day;shop;amount", lambda n: f"{day(n)};{words.split()[n % len(words.split())]};{n}")
    assert drafted_from(tmp_path, rows.encode("cp1252")).verdict.kept == 40


def test_encoding_that_few_words_show_is_doubted_by_the_word_that_would_be_another(tmp_path):
    rows = table("day;shop;amount", lambda n: f"{day(n)};{('Kraków', 'Poznań')[n % 2]};{n}")
    assert "Poznañ" in drafted_from(tmp_path, rows.encode("cp1250")).text


def test_draft_reports_undecodable_rows_as_the_job_counts_them(tmp_path):
    rows = table("day,shop,amount", lambda n: f"{day(n)},Süd{n % 2},{n % 7}", rows=100)
    broken = rows.encode().replace(b"S\xc3\xbcd1,0\n", b"S\xfcd1,none\n", 1)
    assert tried(tmp_path, drafted_from(tmp_path, broken)).csv.encoding == "UTF-8"


# ------------------------------------------------------------------- delimiters and headers


def test_header_that_comes_again_is_no_row(tmp_path):
    drafted = drafted_from(tmp_path, ROWS + ROWS)
    tried(tmp_path, drafted)
    assert (drafted.verdict.kept, drafted.verdict.rows) == (80, 80)


def test_times_in_one_column_are_not_cut_apart(tmp_path):
    drafted = drafted_from(tmp_path, table("at", lambda n: f"{day(n)} 1{n % 10}:00:00"))
    assert tried(tmp_path, drafted).features.event_time.timestamp == "at"
    assert drafted.verdict.kept == 40


def test_decimal_commas_without_a_header_are_no_delimiters(tmp_path):
    drafted = drafted_from(tmp_path, table("31.12.2023;0,5;7,25", lambda n: f"13.01.2024;{n},5;{n % 9},75"))
    contract = tried(tmp_path, drafted)
    assert (contract.csv.delimiter, contract.csv.header, drafted.verdict.kept) == (";", False, 41)
    assert [measure.column for measure in contract.features.measures] == ["column_2", "column_3"]


def test_years_as_names_of_columns_are_a_header(tmp_path):
    drafted = drafted_from(tmp_path, table("date,2019,2020,2021", lambda n: f"{day(2 * n)},{n},{n + 1},{n + 2}"))
    contract = tried(tmp_path, drafted)
    assert [column.name_in_file for column in contract.columns] == ["date", "2019", "2020", "2021"]
    assert drafted.verdict.kept == 40


def test_first_line_without_names_is_a_row_however_many_of_its_values_are_missing(tmp_path):
    drafted = drafted_from(tmp_path, "".join(f"{day(n)};;;;{n},5\n" for n in range(40)))
    contract = tried(tmp_path, drafted)
    assert (contract.csv.header, drafted.verdict.kept) == (False, 40)


@pytest.mark.parametrize("names", ["0", "2023", "0,1", "2023,2024"])
def test_header_of_numbers_beside_days_without_a_name_is_no_row(tmp_path, names):
    rows = table(f",{names}", lambda n: day(n) + f",{n}" * len(names.split(",")))
    with pytest.raises(ConfigurationError, match=f"such as '{day(0)}', are in a column without a name"):
        drafted_from(tmp_path, rows)


@pytest.mark.parametrize("second", [",B,unknown", "none yet,B,keine"])
def test_second_line_of_words_is_a_row_where_some_are_values_or_missing(tmp_path, second):
    rows = table("2024-01-01,B,7", lambda n: second if n == 0 else f"{day(n)},{shop(n)},{n}")
    drafted = drafted_from(tmp_path, rows)
    assert tried(tmp_path, drafted).csv.header is False
    assert (drafted.verdict.rows, drafted.verdict.kept) == (41, 40)


def test_first_line_with_a_day_is_a_row_where_another_day_is_missing(tmp_path):
    drafted = drafted_from(tmp_path, f"{day(0)},,5\n" + "".join(f"{day(n)},{day(n)},{n}\n" for n in range(40)))
    assert tried(tmp_path, drafted).csv.header is False


def test_header_that_begins_with_a_hash_is_no_comment(tmp_path):
    with pytest.raises(ConfigurationError, match="rows end with an extra ','"):
        drafted_from(tmp_path, table("#id,day", lambda n: f"{n},{day(n)},"))
    with pytest.raises(ConfigurationError, match="it names 2 columns, but the rows have 3 values"):
        drafted_from(tmp_path, table("#id,day", lambda n: f"a{n},{day(n)},b{n}"))


@pytest.mark.parametrize(
    "beginning",
    [
        pytest.param("Sales of 2024,,\n", id="a title"),
        pytest.param("Sales of 2024,,\n,,\n", id="a title and a line without values"),
        pytest.param(",,Sales\n", id="a name for a group of columns"),
    ],
)
def test_draft_refuses_a_first_line_that_names_one_of_several_columns(tmp_path, beginning):
    with pytest.raises(ConfigurationError, match="names one of 3 columns, 'Sales"):
        drafted_from(tmp_path, beginning + ROWS)


def test_columns_without_a_name_and_values_do_not_matter(tmp_path):
    drafted = drafted_from(tmp_path, table("day,,,", lambda n: f"{day(n)},,,"))
    assert tried(tmp_path, drafted).csv.header is True
    assert drafted.verdict.kept == 40


def test_header_below_names_of_groups_is_asked_for(tmp_path):
    rows = table(",,sold,left\nday,shop,cars,vans", lambda n: f"{day(n)},{shop(n)},{n},{n}")
    with pytest.raises(ConfigurationError, match=f"such as '{day(0)}', are in a column without a name") as raised:
        drafted_from(tmp_path, rows)
    assert "Remove the lines above it" in (raised.value.remedy or "")
    with pytest.raises(ConfigurationError, match=r"is not a header: \['day', 'shop', 'cars', 'vans'\] below it"):
        drafted_from(tmp_path, rows.replace("sold,left", "2024,2025"))


def test_header_below_several_comments_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"is a comment, not a header: \['day', 'shop', 'amount'\] below"):
        drafted_from(tmp_path, f"# made by us, for you, today\n# once, more, please\n{ROWS}")
    with pytest.raises(ConfigurationError, match=r"is a comment, not a header: \['day', 'shop', 'amount'\] below"):
        drafted_from(tmp_path, f"# ----\n# Sales, by shop\n# ----\n{ROWS}")


def test_draft_refuses_an_empty_line_before_the_header(tmp_path):
    with pytest.raises(ConfigurationError, match=r"The first line of .* is empty"):
        drafted_from(tmp_path, f"\n{ROWS}")


def test_draft_reports_columns_whose_names_no_contract_takes(tmp_path):
    rows = table('"day\n(UTC)",shop,amount', lambda n: f"{day(n)},{shop(n)},{n % 7}")
    with pytest.raises(ConfigurationError, match=r"holds dates: day\\n\(UTC\): its name is not valid in a contract"):
        drafted_from(tmp_path, rows)


def test_draft_shows_a_row_with_too_few_values(tmp_path):
    drafted = drafted_from(tmp_path, f"{ROWS}Total,117\n{day(0)},A\n")
    assert "row.field_count: 2, such as 'Total,117'" in drafted.text


def test_draft_reports_rows_that_end_with_a_delimiter(tmp_path):
    with pytest.raises(ConfigurationError, match="rows end with an extra ';'") as raised:
        drafted_from(tmp_path, table("day;shop", lambda n: f"{day(n)};{shop(n)};"))
    assert "sed -i '1s/$/;/'" in (raised.value.remedy or "")


@pytest.mark.parametrize(
    ("beginning", "what"),
    [
        pytest.param(b"BZh91AY&SY", "compressed with bzip2", id="bzip2"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1", "a workbook", id="xls"),
        pytest.param(b"PK\x03\x04", "a ZIP archive or a workbook", id="xlsx"),
        pytest.param(b"SQLite format 3\0", "an SQLite database", id="SQLite"),
        pytest.param(b"name".ljust(257, b"\0") + b"ustar", "a tar archive", id="tar"),
        pytest.param(b"\n<!DOCTYPE html>\n<html>", "a web page", id="HTML"),
        pytest.param(b"ORC\n\x02\0", "an ORC file", id="ORC"),
        pytest.param(b"Obj\x01\x04", "an Avro file", id="Avro"),
    ],
)
def test_files_of_other_kinds_are_refused_by_name(tmp_path, beginning, what):
    for name, content in (("feed.csv", beginning), ("feed.csv.gz", gzip.compress(beginning))):
        with pytest.raises(ConfigurationError, match=f"The job cannot read .*: it is {what}"):
            drafted_from(tmp_path, content, name=name)


# ------------------------------------------------------------------- folders


def test_files_of_a_folder_that_hold_no_rows_do_not_matter(tmp_path):
    (tmp_path / "a.csv").write_text("day,shop,amount\n")
    (tmp_path / "b.csv").write_text(ROWS)
    contract = tried(tmp_path, draft(tmp_path, "feed"))
    (tmp_path / "c.csv").write_text("")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "d.csv").write_text("x")
    assert contract_in(draft(tmp_path, "feed")) == contract


def test_draft_refuses_a_folder_without_rows(tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("day,shop,amount\n")
    with pytest.raises(ConfigurationError, match="has rows"):
        draft(tmp_path, "feed")


def test_files_of_a_folder_are_alike_where_some_do_not_show_how_they_are_written(tmp_path):
    (tmp_path / "a.csv").write_text(ROWS)
    (tmp_path / "b.csv").write_bytes(CAFES.encode("latin-1"))
    (tmp_path / "c.csv").write_bytes(CAFES.replace("Café", '"€ \\"Café\\""').encode("cp1252"))
    drafted = draft(tmp_path, "feed")
    contract = tried(tmp_path, drafted)
    assert (contract.csv.encoding, contract.csv.escape, drafted.verdict.kept) == ("windows-1252", "\\", 120)


# ------------------------------------------------------------------- JSON lines and Parquet


DAYS = pa.array([date.fromisoformat(day(n)) for n in range(40)])


def test_days_of_years_that_no_contract_reads_cost_no_rows(tmp_path):
    ended = pa.array([253_402_300_800 if n == 3 else 0 for n in range(40)]).cast(pa.timestamp("s"))  # in 10000
    gone = pa.array([3_000_000 if n % 9 == 0 else 0 for n in range(40)], pa.int32()).cast(pa.date32())
    early = pa.array([-49_000_000_000 + n for n in range(40)]).cast(pa.timestamp("s"))  # in 417
    drafted = drafted_from(tmp_path, parquet(day=DAYS, ended=ended, gone=gone, early=early), name="a.parquet")
    assert drafted.verdict.kept == 40
    assert [column.name for column in tried(tmp_path, drafted).columns] == ["day", "early"]
    assert "gone is left out: 5 of its days lie outside the years 1 to 9999" in drafted.text
    with pytest.raises(ConfigurationError, match="gone: 5 of its days lie outside"):
        drafted_from(tmp_path, parquet(gone=gone), name="b.parquet")


# ------------------------------------------------------------------- lines and quotes


def test_name_of_a_dataset_is_one_of_tables(tmp_path):
    (tmp_path / "feed.csv").write_text(ROWS)
    with pytest.raises(ConfigurationError, match="'My Data' is not a valid name for a dataset"):
        draft(tmp_path / "feed.csv", "My Data")


@pytest.mark.parametrize(
    "notes",
    [
        pytest.param(('"12 in', '"12 in'), id="at the beginning of values"),
        pytest.param(('"12 in', '12 in"'), id="at the beginning of one value and the end of another"),
    ],
)
def test_quotes_that_are_no_pairs_take_no_rows_in(tmp_path, notes):
    rows = table(
        "day,shop,note,amount", lambda n: f"{day(n)},{shop(n)},{notes[n // 10 % 2] if n % 10 == 3 else '12'},{n}"
    )
    drafted = drafted_from(tmp_path, rows)
    assert tried(tmp_path, drafted).csv.multi_line is False
    assert (drafted.verdict.rows, drafted.verdict.kept) == (40, 38 if notes[1].endswith('"') else 36)


def test_line_breaks_beside_a_quote_that_is_no_pairs_are_read(tmp_path):
    note = '"one, two\nthree, 3\nfour"'
    rows = table("day,shop,note,amount", lambda n: f"{day(n)},{shop(n)},{note if n % 3 else '12 in'},{n}")
    drafted = drafted_from(tmp_path, rows)
    assert tried(tmp_path, drafted).csv.multi_line is True
    assert drafted.verdict.kept == 40


def test_carriage_return_within_a_line_ends_it_as_in_the_job(tmp_path):
    drafted = drafted_from(tmp_path, ROWS.replace(",A,", ",A\r,", 1))
    tried(tmp_path, drafted)
    assert (drafted.verdict.rows, drafted.verdict.kept) == (41, 39)


def test_escaped_quotes_within_a_value_are_found(tmp_path):
    rows = table("day,shop,note", lambda n: f'{day(n)},{shop(n)},"a \\"b\\" c"')
    assert tried(tmp_path, drafted_from(tmp_path, rows)).csv.escape == "\\"
    paths = table("day,shop,note", lambda n: f'{day(n)},{shop(n)},"C:\\"')
    assert tried(tmp_path, drafted_from(tmp_path, paths)).csv.escape is None


@pytest.mark.parametrize(
    ("first", "message"),
    [
        pytest.param("# made by us, for you, today", "a comment", id="a comment"),
        pytest.param("sep=,", "only for Excel", id="a line for Excel"),
    ],
)
def test_draft_reports_a_line_before_the_header(tmp_path, first, message):
    with pytest.raises(ConfigurationError, match=message):
        drafted_from(tmp_path, f"{first}\n{ROWS}")


def test_files_whose_columns_fit_no_common_contract_are_refused(tmp_path):
    days = pa.array([date(2024, 1, 1 + n % 28) for n in range(40)])
    (tmp_path / "a.parquet").write_bytes(parquet(day=days, checked=pa.array([True, False] * 20)))
    (tmp_path / "b.parquet").write_bytes(parquet(day=days, checked=days))
    with pytest.raises(ConfigurationError, match=r"with one contract.*column checked has values of type"):
        draft(tmp_path, "feed")


def test_stream_is_refused_before_a_part_of_it_is_lost(tmp_path):
    os.mkfifo(tmp_path / "feed")
    with pytest.raises(ConfigurationError, match="can be read only once"):
        draft(tmp_path / "feed", "feed")


def test_values_that_pieces_of_a_large_file_cut_are_no_errors(tmp_path):
    note = '"' + "\n".join(["some words, and more of them " * 40] * 40) + '"'
    rows = table("day,shop,note,amount", lambda n: f"{day(n % 400)},{shop(n)},{note},{n}", rows=400)
    drafted = drafted_from(tmp_path, rows)
    assert "first, middle and last rows, " in drafted.text
    assert drafted.verdict.kept == drafted.verdict.rows
    assert contract_in(drafted).csv.multi_line is True


def test_file_of_a_large_folder_that_the_job_would_not_read_is_named(tmp_path):
    for number in range(30):
        (tmp_path / f"{number:02d}.csv").write_text(ROWS)
    assert draft(tmp_path, "feed").verdict.kept == 400  # of every third file
    (tmp_path / "01.csv").write_text(ROWS.replace("day,shop", "date,shop"))
    with pytest.raises(ConfigurationError, match=r"01\.csv lacks the required column day"):
        draft(tmp_path, "feed")


@pytest.mark.parametrize(
    ("header", "note"),
    [
        pytest.param("day,note", '"one\ntwo, three"', id="the last column"),
        pytest.param("day,note", '"one\n2024-01-01,B"', id="a line like a row"),
    ],
)
def test_line_breaks_between_quotes_that_come_in_pairs_are_read(tmp_path, header, note):
    drafted = drafted_from(tmp_path, table(header, lambda n: f"{day(n)},{note}"))
    assert tried(tmp_path, drafted).csv.multi_line is True
    assert (drafted.verdict.kept, drafted.verdict.rows) == (40, 40)


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        pytest.param(f"Report,Sales,Total\n{ROWS}", ["Report", "Sales", "Total"], id="a title before the header"),
        pytest.param(ROWS.replace("\n", "\n-,-,EUR\n", 1), ["day", "shop", "amount"], id="units below the header"),
    ],
)
def test_draft_reports_a_second_line_that_may_be_the_header(tmp_path, content, columns):
    drafted = drafted_from(tmp_path, content)
    assert [column.name_in_file for column in tried(tmp_path, drafted).columns] == columns
    assert any("check the header: the second line has no data either" in line for line in drafted.warnings)
    assert drafted_from(tmp_path, ROWS, name="plain.csv").warnings == ()


def test_totals_line_is_not_an_event_and_changes_no_role(tmp_path):
    drafted = drafted_from(tmp_path, f"{ROWS}Total,,117\n")
    assert tried(tmp_path, drafted).features.entity == ("shop",)
    assert (drafted.verdict.kept, drafted.verdict.rows) == (40, 41)


def test_draft_reports_an_entity_that_sums_up_the_others(tmp_path):
    rows = table("day,shop,amount", lambda n: f"{day(n)},{('A', 'B', 'Grand Total')[n % 3]},{n % 7}")
    assert [line for line in drafted_from(tmp_path, rows).warnings if "'Grand Total' in shop may be the sum" in line]


def test_days_in_the_names_of_folders_are_named(tmp_path):
    (tmp_path / "date=2024-01-31").mkdir()
    with pytest.raises(
        ConfigurationError, match="holds dates: folder date=2024-01-31 has one, but runs read days from"
    ):
        drafted_from(tmp_path / "date=2024-01-31", table("shop,amount", lambda n: f"{shop(n)},{n}"))


@pytest.mark.parametrize("names", ["2024-01-01,2024-01-02,2024-01-03", "1/1/24,1/2/24,1/3/24", "Jan 24,Feb 24,Mar 24"])
def test_days_in_the_names_of_columns_are_named(tmp_path, names):
    told = f"holds dates: columns are named by them, such as '{names.partition(',')[0]}': give each its own row"
    with pytest.raises(ConfigurationError, match=told):
        drafted_from(tmp_path, table(f"country,{names}", lambda n: f"c{n},{n},{n},{n}"))
