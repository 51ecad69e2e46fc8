"""Rows of text to outcomes: every row in exactly one class, for the reasons that the contract gives."""

from datetime import UTC, date, datetime, timedelta

import pytest
import yaml
from pyspark.sql import functions as F  # noqa: N812

from etl_job.contract.columns import Column
from etl_job.contract.document import parse_contract
from etl_job.contract.model import ConflictPolicy, Contract, FreeRule, Thresholds
from etl_job.counting.checks import check_thresholds, reconcile
from etl_job.counting.outcomes import KeptRows, LostRows, delivery_outcomes, quarantined_rows
from etl_job.deliveries.raw_table import Delivery
from etl_job.deliveries.selection import Selection
from etl_job.errors import ContractError, ReconciliationError, ThresholdError
from etl_job.lake.files import LocalObjectStore
from etl_job.manifest.model import DeliveryCounts
from etl_job.processing import count_selection
from etl_job.reading.batches import Header
from etl_job.reading.headers import read_headers
from etl_job.spark.sql_rules import SqlRules

from .conftest import CONTRACT, run_context

HEADER = "sighting_id,brand,date,time"


class Accounted:
    """The outcomes of some files, one delivery per list of files."""

    def __init__(self, spark, tmp_path, contract: Contract, *deliveries: list[str | bytes]) -> None:
        store = LocalObjectStore()
        found = []
        for number, contents in enumerate(deliveries):
            folder = tmp_path / f"d{number}"
            folder.mkdir()
            for part, content in enumerate(contents):
                (folder / f"part {part}%20[ü].csv").write_bytes(
                    content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape")
                )
            found.append(Delivery(f"d{number}", store.list_files(f"file://{folder}")))
        selection = Selection(tuple(found), {}, {delivery.name: delivery for delivery in found})
        staged, self.counted = count_selection(run_context(spark, store, contract, tmp_path), selection)
        self.by_delivery = self.counted.outcomes
        self.totals = reconcile(staged.done.rows, self.by_delivery)
        self.files = self.counted.file_order
        self.contract = contract

    @property
    def bad_rows(self):
        rows = self.counted.rows
        return quarantined_rows(rows.staged, rows.candidates, self.contract, file_order=self.files, run_id="r1")

    @property
    def quarantine(self) -> dict[str, list[str]]:
        return {row["raw"]: row["reasons"] for row in self.bad_rows.collect()}

    @property
    def curated(self) -> list[tuple[object, ...]]:
        hours = F.concat_ws(" ", *(F.when(F.col(f"hour_{h:02d}") > 0, F.lit(str(h))) for h in range(24)))
        rows = self.counted.daily.rows
        if not rows.take(1):
            return []
        return sorted(tuple(row) for row in rows.select("delivery", "_v_brand", "day", "_kept", hours).collect())


GOOD = [
    "a-1,Opel,2024-02-29,00:00:00",
    "a-2,Opel,2024-02-29,23:59:59",
    "a-3,Citroën,2000-01-01,12:00:00",
    'a-4,"Kia, ""old""",2024-12-31,09:09:09',
    f"{'x' * 36},{'ü' * 40},2025-12-31,19:00:00",
]
BAD = {
    ",Opel,2024-01-01,00:00:00": ["sighting_id.required"],
    "b#1,Opel,2024-01-01,00:00:00": ["sighting_id.pattern"],
    f"{'x' * 37},Opel,2024-01-01,00:00:00": ["sighting_id.maxLength"],
    "b2,,2024-01-01,00:00:00": ["brand.required"],
    f"b3,{'ü' * 41},2024-01-01,00:00:00": ["brand.maxLength"],
    "b4,Opel,2023-02-29,00:00:00": ["date.format"],
    "b5,Opel,2024-1-01,00:00:00": ["date.format"],
    "b6,Opel,2024-01-1 ,00:00:00": ["date.format"],
    "b7,Opel,2024-01-01T,00:00:00": ["date.format"],
    "b8,Opel,\u0662\u0660\u0662\u0664-01-01,00:00:00": ["date.format"],
    "b9,Opel,1999-12-31,00:00:00": ["date.minimum"],
    "d1,Opel,9999-12-31,00:00:00": ["date.future"],
    "d2,Opel,2204-01-01,00:00:00": ["date.future"],
    "c1,Opel,2024-01-01,24:00:00": ["time.format"],
    "c2,Opel,2024-01-01,23:60:00": ["time.format"],
    "c3,Opel,2024-01-01, 7:00:00": ["time.format"],
    "c4,Opel,2024-01-01,07:00": ["time.format"],
    "c5,Opel,2024-01-01": ["row.field_count", "time.required"],
    "c6,Opel,2024-01-01,07:00:00,": ["row.field_count"],
    'c7,"Opel,2024-01-01,07:00:00': ["row.field_count", "date.required", "time.required"],
    '"c8","Opel","2024-01-01","07:00:00","x"': ["row.field_count"],
    ",,,": ["sighting_id.required", "brand.required", "date.required", "time.required"],
    "?,,2024-13-01,": ["sighting_id.pattern", "brand.required", "date.format", "time.required"],
}


@pytest.fixture(scope="module")
def accounted(spark, tmp_path_factory, contract):
    lines = [HEADER, *GOOD, *BAD]
    windows_file = "\ufeff" + "\r\n".join([HEADER, "w-1,Opel,2024-02-29,05:00:00", "", "w-2,,2024-02-29,05:00:00"])
    folder = tmp_path_factory.mktemp("rows")
    return Accounted(spark, folder, contract, ["\n".join(lines) + "\n"], [windows_file], [HEADER + "\n"])


def test_each_bad_row_is_quarantined_with_all_its_reasons(accounted):
    assert accounted.quarantine == {**BAD, "w-2,,2024-02-29,05:00:00": ["brand.required"]}


def test_good_rows_are_counted_per_delivery_entity_day_and_hour(accounted):
    assert accounted.curated == sorted(
        [
            ("d0", "Opel", date(2024, 2, 29), 2, "0 23"),
            ("d0", "Citroën", date(2000, 1, 1), 1, "12"),
            ("d0", 'Kia, "old"', date(2024, 12, 31), 1, "9"),
            ("d0", "ü" * 40, date(2025, 12, 31), 1, "19"),
            ("d1", "Opel", date(2024, 2, 29), 1, "5"),
        ]
    )


def test_every_row_is_in_one_class_and_headers_and_blank_lines_are_no_rows(accounted):
    totals = accounted.totals
    assert (totals.kept, totals.quarantined, totals.duplicates) == (len(GOOD) + 1, len(BAD) + 1, 0)
    assert totals.rows_in == len(GOOD) + len(BAD) + 2
    assert accounted.by_delivery[1].violations == {"brand.required": 1}
    assert accounted.by_delivery[2] == counts("d2", inputs=accounted.by_delivery[2].inputs)


def test_quarantine_names_the_file(accounted):
    rows = accounted.bad_rows.where("raw like 'w-2%'").collect()
    assert [row["file"] for row in rows] == [accounted.files[1]]
    assert accounted.files[1].endswith("/d1/part 0%20[ü].csv")


def test_duplicates_keep_the_first_by_delivery_file_and_row(spark, tmp_path, contract):
    first = [HEADER, "k1,Opel,2024-01-01,01:00:00", "k2,Kia,2024-01-01,02:00:00", "k1,Opel,2024-01-01,01:00:00"]
    second = [HEADER, "k2,Audi,2024-01-02,03:00:00", "k1,,2024-01-01,01:00:00", "k3,Kia,2024-01-01,02:00:00"]
    other = [HEADER, "k1,Opel,2024-01-01,01:00:00"]
    accounted = Accounted(spark, tmp_path, contract, ["\n".join(first), "\n".join(second)], ["\n".join(other)])
    assert accounted.curated == [
        ("d0", "Kia", date(2024, 1, 1), 2, "2"),
        ("d0", "Opel", date(2024, 1, 1), 1, "1"),
    ]
    assert (accounted.by_delivery[1].duplicates, accounted.by_delivery[1].kept) == (1, 0)
    outcome = accounted.by_delivery[0]
    assert (outcome.rows_in, outcome.kept, outcome.duplicates, outcome.conflicts, outcome.quarantined) == (
        6,
        3,
        2,
        1,
        1,
    )


def test_delivery_of_bad_rows_only_adds_up(spark, tmp_path, contract):
    accounted = Accounted(spark, tmp_path, contract, ["\n".join([HEADER, "x", "y,", "x"])])
    assert (accounted.totals.rows_in, accounted.totals.quarantined, accounted.curated) == (3, 3, [])


def test_columns_are_found_by_name_in_whatever_order(spark, tmp_path, contract):
    shuffled = "time,extra,brand,sighting_id,date\n07:00:00,z,Opel,k1,2024-01-01\n"
    usual = f"{HEADER}\nk2,Opel,2024-01-01,08:00:00\n"
    accounted = Accounted(spark, tmp_path, contract, [shuffled, usual])
    assert accounted.curated == [("d0", "Opel", date(2024, 1, 1), 2, "7 8")]


def test_file_is_decoded_by_the_contract_and_every_row_counts_without_a_key(spark, tmp_path, contract):
    columns = tuple(each.model_copy(update={"primary_key": False, "unique": False}) for each in contract.columns)
    latin = contract.csv.model_copy(update={"encoding": "ISO-8859-1"})
    without_key = contract.model_copy(update={"csv": latin, "columns": columns})
    row = "k1,Citroën,2024-01-01,07:00:00"
    content = "\n".join([HEADER, row, row, f"ï{row}"]).encode("latin-1")
    accounted = Accounted(spark, tmp_path, without_key, [content])
    assert accounted.curated == [("d0", "Citroën", date(2024, 1, 1), 2, "7")]
    assert accounted.quarantine == {f"ï{row}": ["sighting_id.pattern"]}


def test_bytes_that_are_no_text_in_the_encoding_are_quarantined_readably_and_make_no_new_entity(
    spark, tmp_path, contract
):
    latin_byte = "k1,Citro\udcebn,2024-01-01,07:00:00"  # written as the one byte 0xEB, which is Latin-1
    marked = "k2,Citro\ufffdn,2024-01-01,07:00:00"  # the mark itself, in good UTF-8
    accounted = Accounted(spark, tmp_path, contract, ["\n".join([HEADER, latin_byte, marked])])
    assert accounted.curated == [("d0", "Citro\ufffdn", date(2024, 1, 1), 1, "7")]
    assert accounted.quarantine == {"k1,Citro\ufffdn,2024-01-01,07:00:00": ["row.encoding"]}


def test_event_may_be_a_day_after_its_upload_and_as_late_as_the_contract_allows(spark, tmp_path, contract):
    today = datetime.now(UTC).date()
    rows = [f"k{n},Opel,{today + timedelta(days=n)},07:00:00" for n in (1, 3)]
    (tmp_path / "usual").mkdir()
    accounted = Accounted(spark, tmp_path / "usual", contract, ["\n".join([HEADER, *rows])])
    assert accounted.quarantine == {rows[1]: ["date.future"]}
    day = contract.event_column
    wider = day.model_copy(update={"rules": day.rules.model_copy(update={"maximum": date(2199, 1, 1)})})
    columns = tuple(wider if each is day else each for each in contract.columns)
    (tmp_path / "wider").mkdir()
    accounted = Accounted(
        spark, tmp_path / "wider", contract.model_copy(update={"columns": columns}), ["\n".join([HEADER, *rows])]
    )
    assert accounted.quarantine == {}


def with_rules(contract, *rules: tuple[str, str, str]) -> Contract:
    free = tuple(FreeRule(name=name, type="sql", query=query, severity=severity) for name, query, severity in rules)
    return contract.model_copy(update={"quality": free})


def test_free_rules_quarantine_or_warn_where_they_are_not_true(spark, tmp_path, contract):
    ruled = with_rules(
        contract,
        ("late_kia", "brand <> 'Kia' or date >= date'2024-02-01'", "error"),
        ("unknown", "nullif(brand, 'Audi') = brand", "error"),  # null for an Audi: not true
        ("night", "hour(cast(time as timestamp)) >= 6", "warning"),
    )
    rows = {
        "k1,Kia,2024-01-31,07:00:00": ["row.late_kia"],
        "k2,Audi,2024-01-31,07:00:00": ["row.unknown"],
        "k3,Kia,2024-13-31,07:00:00": ["date.format"],  # of a date that is none the rule says nothing
        "k9,Audi,2024-02-31,05:00:00": ["date.format", "row.unknown"],
    }
    good = ["k4,Kia,2024-02-01,07:00:00", "k5,Opel,2024-01-01,05:59:59", "k5,Opel,2024-01-01,05:59:59"]
    accounted = Accounted(spark, tmp_path, ruled, ["\n".join([HEADER, *rows, *good])])
    assert accounted.quarantine == rows
    outcome = accounted.by_delivery[0]
    assert (outcome.kept, outcome.duplicates, outcome.quarantined, outcome.warned) == (2, 1, 4, 1)
    assert outcome.warnings == {"row.night": 1}  # rows that are kept: the duplicate is not


def test_columns_of_a_contract_may_be_named_as_the_jobs_own_are(spark, tmp_path, contract):
    named = [Column.model_validate({"name": name}) for name in ("_part", "_ROW", "_broken", "_asked_0")]
    wider = contract.model_copy(update={"columns": (*contract.columns, *named)})
    own = " and ".join(f"{column.name} = 'x'" for column in named)
    ruled = with_rules(wider, ("own", own, "error"), ("again", "_ROW = 'x'", "warning"))
    rows = ["k1,Kia,2024-01-31,07:00:00,x,x,x,x", "k2,Kia,2024-01-31,07:00:00,x,y,x,x"]
    header = ",".join(column.name for column in wider.columns)
    accounted = Accounted(spark, tmp_path, ruled, ["\n".join([header, *rows])])
    assert accounted.quarantine == {rows[1]: ["row.own"]}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("brand <>", r"quality rule r: 'brand <>' is not a condition on a row: .*PARSE_SYNTAX_ERROR"),
        ("make = 'Kia'", "quality rule r: .*UNRESOLVED_COLUMN"),
        ("length(brand)", "quality rule r: .*FILTER_NOT_BOOLEAN"),
        ("count(brand) > 1", "quality rule r: .*"),
        ("monotonically_increasing_id() > 1", r"depends on more than the row \(chance\)"),
    ],
)
def test_expression_that_is_no_condition_on_a_row_stops_the_run_before_it_reads(spark, contract, query, message):
    with pytest.raises(ContractError, match=message):
        SqlRules.of(with_rules(contract, ("r", query, "error")))


def test_files_without_a_header_have_the_columns_of_the_contract_in_its_order(contract):
    day = contract.event_column.model_copy(update={"name": "Date"})
    columns = tuple(day if each.name == "date" else each for each in contract.columns)
    without_header = contract.csv.model_copy(update={"header": False})
    changed = contract.model_copy(update={"columns": columns, "csv": without_header})
    headers = read_headers(LocalObjectStore(), changed, ["file:///f.csv"])
    assert headers == {"file:///f.csv": Header("", ("sighting_id", "brand", "Date", "time"))}


def test_outcomes_combine_judged_lost_and_counted_rows(contract):
    both = contract.model_copy(update={"conflicts": ConflictPolicy.QUARANTINE_BOTH})
    both = with_rules(both, ("a", "true", "warning"), ("b", "true", "warning"))
    pattern, conflict = both.rule_names.index("sighting_id.pattern"), len(both.rule_names) - 1
    tally = {("d1", 0, 0): 5, ("d1", 0, 3): 4, ("d1", 1 | 1 << pattern, 0): 2, ("d1", 1, 0): 1, ("d2", 1, 0): 7}
    lost = [LostRows("d1", True, True, 3, 1), LostRows("d1", True, False, 0, 1), LostRows("d1", False, True, 0, 2)]
    day = date(2024, 1, 1)
    kept = {"d1": KeptRows(5, day, day)}
    first, second, third = delivery_outcomes(
        tally, lost, kept, contract=both, deliveries=[Delivery(name, ()) for name in ("d1", "d2", "d3")]
    )
    violations = {"row.field_count": 3, "sighting_id.pattern": 2, both.rule_names[conflict]: 2}
    rows = {"kept": 5, "quarantined": 5, "duplicates": 2, "conflicts": 1, "violations": violations}
    days = {"first_day": "2024-01-01", "last_day": "2024-01-01"}
    assert first == counts("d1", **rows, **days, warned=3, warnings={"row.a": 3, "row.b": 3})
    assert second == counts("d2", quarantined=7, violations={"row.field_count": 7})
    assert third == counts("d3")


def counts(delivery: str, **said) -> DeliveryCounts:
    none = dict.fromkeys(("kept", "quarantined", "duplicates", "conflicts"), 0)
    found = {"inputs": (), "violations": {}, "first_day": None, "last_day": None, **none, **said}
    rows_in = found["kept"] + found["quarantined"] + found["duplicates"]
    return DeliveryCounts(delivery=delivery, rows_in=rows_in, **found)


def test_delivery_with_more_bad_rows_than_allowed_stops_the_run_with_the_top_reasons():
    violations = {"a.required": 2, "b.pattern": 6, "c.format": 1, "d.format": 2}
    outcome = counts("d1", kept=89, quarantined=11, violations=violations)
    check_thresholds([outcome], Thresholds(quarantined_share=0.11))
    check_thresholds([outcome], Thresholds())
    with pytest.raises(ThresholdError, match=r"d1: 11 of 100 .* 10\.0%.* b\.pattern \(6\), a\.required \(2\), d\."):
        check_thresholds([outcome], Thresholds(quarantined_share=0.1))


def test_share_just_above_a_threshold_does_not_read_as_the_threshold():
    outcome = counts("d1", kept=94_997, quarantined=5_003, violations={"a.required": 5_003})
    with pytest.raises(ThresholdError, match=r"5\.003%, thresholds\.quarantinedShare allows 5\.000%"):
        check_thresholds([outcome], Thresholds(quarantined_share=0.05))


@pytest.mark.parametrize("bad", [29, 57, 58])  # of which 100 times the share, in binary, is a little less
def test_share_equal_to_the_threshold_does_not_exceed_it(bad):
    outcome = counts("d1", kept=100 - bad, quarantined=bad, violations={"a.required": bad})
    check_thresholds([outcome], Thresholds(quarantined_share=bad / 100))
    more = counts("d1", kept=99 - bad, quarantined=bad + 1, violations={"a.required": bad + 1})
    with pytest.raises(ThresholdError):
        check_thresholds([more], Thresholds(quarantined_share=bad / 100))


def test_reconcile_refuses_a_lost_row():
    outcome = counts("d", kept=1, quarantined=1)
    with pytest.raises(
        ReconciliationError, match=r"3 rows were read, but 2 are accounted for .* nothing was published"
    ):
        reconcile(3, [outcome])


def csv_contract(**csv_form) -> Contract:
    document = yaml.safe_load(CONTRACT.read_text())
    entry = next(each for each in document["schema"][0]["customProperties"] if each["property"] == "csv")
    entry["value"] = csv_form
    return parse_contract(yaml.safe_dump(document), "contract.yaml", "vehicle_sightings")


def test_quoted_values_hold_line_breaks_if_the_contract_allows_them(spark, tmp_path):
    at = ",2024-01-01,00:00:00"
    good = [f"a1,Opel{at}", f'a2,"Kia\r\n""new"""{at}', f'a3,"{"x" * 3}\n\n{"y" * 3}"{at}']
    long = "x\n" * 50_000
    bad = {
        f'"b\n1",Opel{at}': ["sighting_id.pattern"],
        f"b2,Opel{at},": ["row.field_count"],
        f'b3,"{long}"{at}': ["brand.maxLength"],
        "b4,Opel": ["date.required", "row.field_count", "time.required"],
        f"b5,\udcff{at}": ["row.encoding"],
        ",".join("123456789"): [*("date.format", "row.field_count", "time.format")],
        ",".join("x" * 65): [*("date.format", "row.field_count", "time.format")],
    }
    first = "\ufeff" + HEADER + "\n" + "\n".join([*good, "", *bad]) + "\n"
    second = HEADER + "\r\n" + "\r\n".join([good[0], good[1], good[2]])
    done = Accounted(spark, tmp_path, csv_contract(multiLine=True), [first, second])
    raw = {text.replace("\udcff", "\ufffd"): reasons for text, reasons in bad.items()}
    assert {text: sorted(reasons) for text, reasons in done.quarantine.items()} == raw
    assert (done.totals.kept, done.totals.duplicates, done.totals.conflicts) == (3, 3, 0)
    assert [row[1] for row in done.curated] == ['Kia\r\n"new"', "Opel", "xxx\n\nyyy"]


def test_quote_that_is_never_closed_spoils_its_own_record_only(spark, tmp_path):
    at = ",2024-01-01,00:00:00"
    many = [f"k{number},Opel{at}" for number in range(40_000)]  # more than a megabyte
    content = "\r".join([HEADER, f"a1,Opel{at}", f'a2,"Opel{at}', *many, f'z,"Opel{at}'])
    done = Accounted(spark, tmp_path, csv_contract(multiLine=True), [content])
    assert set(done.quarantine) == {f'a2,"Opel{at}', f'z,"Opel{at}'}
    assert (done.totals.kept, done.totals.rows_in) == (40_001, 40_003)


def test_escape_character_of_the_contract_makes_quotes_and_itself_plain(spark, tmp_path):
    at = ",2024-01-01,00:00:00"
    lines = [rf'a1,"Kia \"old\", \\ 2"{at}', rf"a2,back\slash{at}", rf'a3,"open\"{at}']
    done = Accounted(spark, tmp_path, csv_contract(escape="\\"), ["\n".join([HEADER, *lines])])
    assert [row[1] for row in done.curated] == ['Kia "old", \\ 2', r"back\slash"]
    assert list(done.quarantine) == [lines[2]]
