"""The outcome of the sampled rows in the job, decided by the job's own judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from quartal.contracts.drafting.sample import Sample
from quartal.contracts.model import Contract
from quartal.contracts.row_judge import Judge, TextBatch, without_missing


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcomes of rows.

    Attributes:
        rows: how many there are.
        kept: those that break no rule and are no duplicates.
        duplicates: those that repeat the key of an earlier row.
        broken: how many rows break each rule.
        examples: a text that breaks the rule, for each rule; for `row.field_count` the row.
    """

    rows: int
    kept: int
    duplicates: int = 0
    broken: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, str] = field(default_factory=dict)

    @property
    def quarantined(self) -> int:
        """Rows that break a rule."""
        return self.rows - self.kept - self.duplicates


def judge(sample: Sample, contract: Contract) -> Verdict:
    """Judge the sampled rows by all rules of a drafted contract, which has no SQL rules."""
    in_files = {column.name: column.texts for column in sample.columns}
    nothing = pa.nulls(sample.rows, pa.string())
    texts = {}
    for column in contract.columns:
        of_column = in_files.get(column.name_in_file)
        text = nothing if of_column is None else pa.array(of_column, pa.string())
        texts[column.name] = without_missing(text, contract.missing_texts(column))
    undecodable = pa.array([row in sample.undecodable for row in range(sample.rows)]) if sample.undecodable else None
    numbers = pa.array(range(sample.rows), pa.int64())
    batch = TextBatch(texts, raw=nothing, numbers=numbers, undecodable=undecodable)
    found = Judge.of(contract).judge(batch, datetime.now(UTC).date() + timedelta(days=1)).broken
    bits = pa.repeat(pa.scalar(0, pa.int64()), sample.rows) if found is None else found
    broken, examples = dict[str, int](), dict[str, str]()
    for bit, name in enumerate(contract.rule_names):
        rows = pc.indices_nonzero(pc.not_equal(pc.bit_wise_and(bits, 1 << bit), 0))
        if len(rows):
            broken[name] = len(rows)
            of_column = in_files.get(_name_in_file(contract, name))
            examples[name] = of_column[rows[0].as_py()] if of_column is not None else ""
    if sample.malformed:
        broken["row.field_count"] = sample.malformed
        examples["row.field_count"] = sample.malformed_example
    good = pc.indices_nonzero(pc.equal(bits, 0)).to_pylist()
    keys = [in_files[contract.column(name).name_in_file] for name in contract.key]
    duplicates = len(good) - len({tuple(of_key[row] for of_key in keys) for row in good}) if keys else 0
    return Verdict(sample.rows + sample.malformed, len(good) - duplicates, duplicates, broken, examples)


def _name_in_file(contract: Contract, rule: str) -> str:
    """The name in files of the column that a rule belongs to; empty for rules of whole rows."""
    name = rule.rpartition(".")[0]
    return next((column.name_in_file for column in contract.columns if column.name == name), "")
