"""Drafts of feeds that a test writes."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from quartal.contracts.drafting import Choices, Draft, draft
from quartal.contracts.linting import lint
from quartal.contracts.model import Contract
from quartal.contracts.trying import try_files

ROOT = Path(__file__).parents[4]
EXAMPLE = ROOT / "data" / "contracts" / "vehicle_sightings.yaml"


def contract_in(drafted: Draft) -> Contract:
    linted = lint(drafted.text, "draft")
    assert linted.problems == ()
    return linted.contracts[drafted.dataset]


def drafted_from(folder: Path, content: str | bytes, choices: Choices | None = None, name: str = "feed.csv") -> Draft:
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return draft(folder / name, "feed", choices or Choices())


def tried(folder: Path, drafted: Draft) -> Contract:
    """The drafted contract, by which the job's readers make of the files what the draft says."""
    contract, verdict = contract_in(drafted), drafted.verdict
    trial = try_files(contract, sorted(folder.iterdir()))
    assert (verdict.rows, verdict.kept, verdict.duplicates) == (trial.rows, trial.kept, trial.duplicates)
    assert verdict.broken.items() <= trial.broken.items()  # of a row with too few values, a run names more
    return contract


def parquet(**columns: pa.Array) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


def table(header: str, row: Callable[[int], str], rows: int = 40) -> str:
    return "\n".join([header, *map(row, range(rows))]) + "\n"


def day(n: int, year: int = 2024) -> str:
    return (dt.date(year, 1, 1) + dt.timedelta(n // 2)).isoformat()


def shop(n: int) -> str:
    return "AB"[n % 2]


AMBIGUOUS = table("day,shop,amount", lambda n: f"{1 + n % 9:02d}/0{1 + n % 4}/2024,{shop(n)},{n % 7}")
