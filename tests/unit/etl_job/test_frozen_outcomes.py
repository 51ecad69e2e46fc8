"""Texts and files come to what they came to when Spark judged rows, apart from the deviations that are listed here."""

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from etl_job.contract.model import Contract
from etl_job.contract.schemas import BLOCK, BROKEN, DELIVERY, FILE, ROW, WARNED
from etl_job.deliveries.raw_table import Delivery
from etl_job.judging.judge import Judge
from etl_job.judging.rules import HOLDS, judge_column
from etl_job.judging.sql_columns import SqlColumns
from etl_job.lake.files import LocalObjectStore, StoredFile
from etl_job.reading import parts
from etl_job.reading.readers import raw_parts
from etl_job.spark.sql_rules import SqlRules
from etl_job.staging.intake import judge_waiting, list_sources
from etl_job.staging.parts import PartStager, stage_part
from etl_job.staging.store import StagingFolder

from .frozen import cases

FROZEN = json.loads(gzip.decompress(Path(cases.__file__).with_name("outcomes.json.gz").read_bytes()))
LINE_ENDS = ("\n", "\r", "\x85", "\u2028")
# Java puts one U+FFFD in place of a surrogate half that is encoded by itself, Python one for each of its bytes.
_OF_SURROGATE = {"broken": ["row.encoding"], "warned": [], "_file": 0}
DEVIATING_LINES = {
    f"k4,{mark},2024-01-01 10:00:00,1,\ufffd": _OF_SURROGATE for mark in ("\ufffd", "\ufffd\ufffd\ufffd")
}
FILE_CASES = {case.name: case for case in cases.file_cases()}


@pytest.mark.parametrize("column", cases.COLUMNS, ids=lambda column: f"{column.name}-{column.logical_type}")
@pytest.mark.parametrize("times", [1, 5], ids=["distinct", "repeated"])
def test_texts_break_the_rules_they_broke_and_stand_for_what_they_stood_for(column, times):
    of_column = Contract.model_validate(
        {
            "version": "1",
            "dataset": "frozen",
            "columns": [
                *cases.COLUMNS_OF_FILES,
                column.model_dump(by_alias=True, exclude_none=True) | {"name": column.name},
            ],
            "features": {"entity": ["place"], "eventTime": {"timestamp": "at"}, "count": "events"},
        }
    ).rules_of_column(column)
    bits = {name: bit for bit, name in enumerate(name for name in of_column if name in HOLDS and name != "future")}
    judged = judge_column(column, bits, pa.array(cases.TEXTS * times))
    broken = [0] * len(cases.TEXTS) if judged.broken is None else judged.broken.to_pylist()
    found = {}
    for text, bits_of_text, value in zip(cases.TEXTS, broken, values_shown(column, judged.values), strict=False):
        found[text] = [sorted(name for name, bit in bits.items() if bits_of_text >> bit & 1), value]
    expected = {
        text: [sorted(reasons), value]
        for text, (reasons, value) in zip(cases.TEXTS, FROZEN["texts"][column.name], strict=True)
    }
    deviating = {text for text in found if found[text] != expected[text]}
    # RE2's $ is the end of the text, Java's the place before a line end there as well.
    assert deviating <= {text for text in found if text[-1:] in LINE_ENDS and column.rules.pattern is not None}
    for text in deviating:
        assert found[text] == [sorted({*expected[text][0], "pattern"}), expected[text][1]]


def values_shown(column, values) -> list[str | None]:
    if column.logical_type == "boolean" or (column.logical_type == "string" and not column.rules.layouts):
        return [None] * len(values)
    return values.cast(pa.string()).to_pylist()


@pytest.fixture
def small_parts(monkeypatch, request):
    monkeypatch.setattr(parts, "PART_BYTES", request.param)
    monkeypatch.setattr(parts, "CHUNK_BYTES", max(40, request.param // 5))


class StagedCase:
    """The files of a case as they are staged, part by part."""

    def __init__(self, case: cases.FileCase, root: Path, sql: SqlColumns | None = None) -> None:
        self.contract, self.root = cases.build_contract(case), root
        folder = root / "delivery"
        folder.mkdir()
        for name, content in case.files.items():
            (folder / name).write_bytes(content)
        store = LocalObjectStore()
        listed = store.list_files(f"file://{folder}")
        files = tuple(StoredFile(file.uri, file.size_bytes, file.etag, cases.UPLOADED) for file in listed)
        self.sources = list_sources(store, self.contract, [Delivery("d", files)])
        self.folder = StagingFolder(f"file://{root}/staged")
        self.stager = PartStager(store, self.contract, self.sources, self.folder, sql or SqlColumns())

    def rows(self) -> list[dict[str, Any]]:
        found = []
        for file in sorted((self.root / "staged").rglob("kind=*/*.parquet")):
            found += pq.read_table(file, partitioning=None).to_pylist()
        found.sort(key=lambda row: (row[FILE], row[BLOCK], row[ROW]))
        return [self.shown(row) for row in found]

    def shown(self, row: dict[str, Any]) -> dict[str, Any]:
        left_out = (BLOCK, ROW, BROKEN, WARNED, DELIVERY)
        values = {k: cases.shown(v) for k, v in row.items() if k not in left_out and v is not None}
        values["broken"] = [n for bit, n in enumerate(self.contract.rule_names) if row[BROKEN] >> bit & 1]
        values["warned"] = [n for bit, n in enumerate(self.contract.warning_names) if row[WARNED] >> bit & 1]
        return values


@pytest.mark.parametrize("small_parts", [100_000, 700], indirect=True, ids=["whole", "in small parts"])
@pytest.mark.parametrize("name", [name for name, case in FILE_CASES.items() if "quality" not in case.contract])
def test_files_come_to_the_rows_they_came_to(tmp_path, small_parts, name):
    staged = StagedCase(FILE_CASES[name], tmp_path)
    Judge.of(staged.contract)
    read = 0
    for numbered in enumerate(raw_parts(staged.sources, staged.contract, 1)):
        done = stage_part(staged.stager, numbered)
        assert sum(done.tally.values()) == done.rows
        read += done.rows
    found = staged.rows()
    assert [DEVIATING_LINES.get(row.get("_line"), row) for row in found] == [
        DEVIATING_LINES.get(row.get("_line"), row) for row in FROZEN["files"][name]
    ]
    assert read == len(found)


@pytest.mark.parametrize("name", [name for name, case in FILE_CASES.items() if "quality" in case.contract])
def test_files_of_a_contract_with_rules_in_sql_come_to_the_rows_they_came_to(spark, tmp_path, name):
    contract = cases.build_contract(FILE_CASES[name])
    sql = SqlRules.of(contract)
    staged = StagedCase(FILE_CASES[name], tmp_path, sql.columns)
    read = staged.stager.stage_all(spark)
    settled = judge_waiting(spark, staged.stager, sql)
    found = staged.rows()
    assert found == FROZEN["files"][name]
    assert sum(settled.tally.values()) == read.rows == len(found)
