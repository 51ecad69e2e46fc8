"""Apply a contract to files as a run would, with the job's own readers and judge but without Spark.

SQL rules need Spark, so they are listed but not judged. Duplicates are found as in a run, but only among these files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from quartal.contracts.model import ConflictPolicy, Contract, FileFormat
from quartal.contracts.other_kinds import LOOKED_AT_BYTES, MARKS_OF_UTF_16, refuse_other_kind, refuse_stream
from quartal.contracts.row_judge import (
    DamagedFileError,
    InputError,
    Judge,
    JudgedBatch,
    LocalObjectStore,
    RawPart,
    Source,
    day_of_second,
    hash_columns,
    read_batches,
    read_headers,
    why_left_out,
)
from quartal.core.errors import ConfigurationError

_CONFLICT = "row.conflict"
_LINE_END = r"\r\n|\r|\n"
_EXAMPLES = 3  # of each rule
_DAYS = 7
_OF_RUNS = re.compile(r"(?:[.] (?:Correct|Deliver|Write) [^.]*)?; nothing was written$")  # with the wording of runs


@dataclass(frozen=True, slots=True)
class Example:
    """A row that breaks a rule: its file, the number of its line or row there, the text of the column, and the row."""

    rule: str
    file: str
    place: int
    value: str | None
    raw: str


@dataclass(frozen=True, slots=True)
class Trial:
    """The outcome of the rows of some files.

    Attributes:
        broken: how many rows break each rule.
        examples: some of them.
        days: entity, day and how many rows were kept, of the first days.
        unjudged: rules that only a run can judge.
    """

    rows: int
    kept: int
    duplicates: int
    conflicts: int
    broken: Mapping[str, int] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    days: tuple[tuple[str, date, int], ...] = ()
    unjudged: tuple[str, ...] = ()

    @property
    def quarantined(self) -> int:
        """Rows that break a rule."""
        return self.rows - self.kept - self.duplicates


def try_files(contract: Contract, files: Sequence[Path]) -> Trial:
    """Judge the rows of files and of the files in folders, sorted by name as in a delivery.

    Raises:
        ConfigurationError: a file cannot be read, or lacks a column.
    """
    trial = _Trying(contract)
    store, paths = LocalObjectStore(), _delivered(files)
    try:
        for path in paths:
            _refuse_unfit(path, contract)
        headers = read_headers(store, contract, [str(path) for path in paths])
        for number, path in enumerate(paths):
            size, latest = path.stat().st_size, datetime.now(UTC).date() + timedelta(days=1)
            source = Source(str(path), number, "", size, headers[str(path)], latest)
            groups = len(source.header.group_rows)
            for batch in read_batches(store, RawPart(str(path), number, 0, groups or size), source, contract):
                trial.add(trial.judge.judge(batch, latest), path)
            trial.end_file(source.header.line)
    except (InputError, DamagedFileError, OSError) as error:
        reason = f"{error.uri} {error.reason}" if isinstance(error, DamagedFileError) else str(error)
        reason = _OF_RUNS.sub("", reason)
        raise ConfigurationError(reason, remedy="Correct the file, or the contract.") from error
    return trial.outcome()


def _refuse_unfit(path: Path, contract: Contract) -> None:
    """Raise ConfigurationError if the first bytes of a file show that it does not have the contract's format."""
    refuse_stream(path)
    try:
        with path.open("rb") as file:
            beginning = file.read(LOOKED_AT_BYTES)
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error.strerror}.", remedy="Name files of a delivery, or a folder of them."
        ) from error
    wanted = contract.files.format
    if wanted is FileFormat.PARQUET:
        return
    refuse_other_kind(path, beginning)
    is_otherwise = beginning.startswith(MARKS_OF_UTF_16) and contract.csv.encoding != "UTF-16"
    found = "Parquet" if beginning.startswith(b"PAR1") else "UTF-16" if is_otherwise else None
    if found is not None:
        raise ConfigurationError(
            f"{path} is {found}, but the contract expects {wanted.value} in {contract.csv.encoding}.",
            remedy="Correct the file, or draft a contract from it with `quartal contract init`.",
        )


def _delivered(files: Sequence[Path]) -> list[Path]:
    """The files, and the files in folders that a run would read."""
    found = list[tuple[str, Path]]()
    for path in files:
        if not path.is_dir():
            found.append((path.name, path))
            continue
        below = [(each.relative_to(path).as_posix(), each) for each in path.rglob("*") if each.is_file()]
        read = [(name, each) for name, each in below if why_left_out(name, each.stat().st_size) is None]
        if not read:
            raise ConfigurationError(f"{path} has no files.", remedy="Name files of a delivery, or a folder of them.")
        found += read
    return [path for _, path in sorted(found)]


class _Trying:
    """The rows judged so far."""

    def __init__(self, contract: Contract) -> None:
        self.judge = Judge.of(contract)
        self._contract = contract
        self._rows = 0
        self._broken: dict[str, int] = {}
        self._examples: list[Example] = []
        self._of_earlier_files = 0  # how many of the examples
        self._long: list[tuple[int, int]] = []  # records of this file over several lines: their places, further lines
        self._valid: list[pa.Table] = []

    def add(self, judged: JudgedBatch, path: Path) -> None:
        """Add a batch."""
        batch, spec = judged.batch, self._contract.features
        self._rows += batch.rows
        if self._contract.csv.multi_line:
            further = pc.count_substring_regex(batch.raw, _LINE_END)
            is_long = pc.greater(further, 0)
            places = batch.numbers.filter(is_long).to_pylist()
            self._long += zip(places, further.filter(is_long).to_pylist(), strict=True)
        is_valid = pa.repeat(True, batch.rows)
        if judged.broken is not None:
            is_valid = pc.equal(judged.broken, 0)
            self._add_broken(judged, path)
        keys = [batch.texts[name].filter(is_valid) for name in self._contract.key]
        raw = batch.raw.filter(is_valid)
        columns = {
            "day": day_of_second(judged.second.filter(is_valid)),
            **{f"entity_{place}": batch.texts[name].filter(is_valid) for place, name in enumerate(spec.entity)},
        }
        if keys:
            key_1, key_2 = hash_columns(keys, salts=(0, 1))
            columns |= {"key_1": key_1, "key_2": key_2, "content": hash_columns([raw])[0]}
        self._valid.append(pa.table(columns))

    def _add_broken(self, judged: JudgedBatch, path: Path) -> None:
        batch = judged.batch
        for bit, rule in enumerate(self._contract.rule_names):
            rows = pc.indices_nonzero(pc.not_equal(pc.bit_wise_and(judged.broken, 1 << bit), 0))
            known = self._broken.get(rule, 0)
            self._broken |= {rule: known + len(rows)} if len(rows) else {}
            column = batch.texts.get(rule.rpartition(".")[0])
            for row in rows.slice(0, max(0, _EXAMPLES - known)).to_pylist():
                value = column[row].as_py() if column is not None else None
                place = batch.numbers[row].as_py() + 1
                self._examples.append(Example(rule, path.name, place, value, batch.raw[row].as_py()))

    def end_file(self, header: str) -> None:
        """The file ends: records over several lines, such as its header, move the lines of the records after them."""
        if self._contract.csv.multi_line:
            self._long.append((0, len(re.findall(_LINE_END, header))))
            self._examples[self._of_earlier_files :] = [
                replace(each, place=each.place + sum(lines for place, lines in self._long if place < each.place - 1))
                for each in self._examples[self._of_earlier_files :]
            ]
        self._long.clear()
        self._of_earlier_files = len(self._examples)

    def outcome(self) -> Trial:
        """The outcome of all rows."""
        contract = self._contract
        valid = pa.concat_tables(self._valid) if self._valid else pa.table({"day": pa.array([], pa.date32())})
        kept, duplicates, conflicts, in_conflict = valid, 0, 0, 0
        if contract.key and valid.num_rows:
            kept, duplicates, conflicts, in_conflict = _met(valid, contract.conflicts)
        broken = dict(self._broken) | ({_CONFLICT: in_conflict} if in_conflict else {})
        unjudged = tuple(f"row.{rule.name}" for rule in contract.quality)
        days = _days(kept, len(contract.features.entity))
        return Trial(self._rows, kept.num_rows, duplicates, conflicts, broken, tuple(self._examples), days, unjudged)


def _met(valid: pa.Table, policy: ConflictPolicy) -> tuple[pa.Table, int, int, int]:
    """The rows that are kept, and the numbers of duplicates, of conflicts, and of rows quarantined for a conflict."""
    key = ["key_1", "key_2"]
    numbered = valid.append_column("place", pa.array(range(valid.num_rows), pa.int64()))
    chosen = "max" if policy is ConflictPolicy.KEEP_LAST else "min"
    of_key = numbered.group_by(key, use_threads=False).aggregate([("place", chosen), ("content", "count_distinct")])
    if policy is ConflictPolicy.QUARANTINE_BOTH:
        agreed = of_key.filter(pc.equal(of_key.column("content_count_distinct"), 1))
        kept = valid.take(agreed.column("place_min"))
        alike = numbered.join(agreed.select(key), key, join_type="left semi").num_rows
        return kept, alike - kept.num_rows, 0, valid.num_rows - alike
    kept = numbered.take(of_key.column(f"place_{chosen}"))
    same = numbered.join(kept.select([*key, "content"]), [*key, "content"], join_type="left semi").num_rows
    return kept, valid.num_rows - kept.num_rows, valid.num_rows - same, 0


def _days(kept: pa.Table, entities: int) -> tuple[tuple[str, date, int], ...]:
    """The rows of the first days per entity."""
    by = [*(f"entity_{place}" for place in range(entities)), "day"]
    if not kept.num_rows:
        return ()
    counted = kept.group_by(by, use_threads=False).aggregate([([], "count_all")])
    ordered = counted.sort_by([("day", "ascending"), *((name, "ascending") for name in by[:-1])])
    return tuple(
        (" ".join(str(row[name]) for name in by[:-1]), row["day"], row["count_all"])
        for row in ordered.slice(0, _DAYS).to_pylist()
    )
