"""Whether a file begins as its contract says, asked before anything is sent: the job would refuse the whole run."""

from __future__ import annotations

import csv
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from quartal.errors import ConfigurationError, UploadError
from quartal.uploading.plan import UploadItem

_HEAD_BYTES = 64 * 1024  # as much as the job reads for it
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class HeaderRule:
    """What a file's first line must hold.

    Attributes:
        columns: names of the required columns, in the contract's order.
        delimiter: between two names.
        quote_symbol: around names.
    """

    columns: tuple[str, ...]
    delimiter: str = ","
    quote_symbol: str = '"'

    @classmethod
    def of_dataset(cls, contracts: Path, dataset: str) -> HeaderRule | None:
        """The rule in the dataset's contract; None when its files have no header.

        Raises:
            ConfigurationError: no contract in the folder is about the dataset, or it is not YAML.
        """
        for path in sorted(contracts.glob("*.yaml")):
            try:
                contract = yaml.safe_load(path.read_text(encoding="utf-8"))
                schemas = contract.get("schema") or [] if isinstance(contract, dict) else []
                found = next((schema for schema in schemas if schema["name"] == dataset), None)
                if found is not None:
                    return cls._of_schema(found)
            except (yaml.YAMLError, KeyError, TypeError, AttributeError, UnicodeDecodeError) as error:
                raise ConfigurationError(
                    f"{path} is no data contract: {error}", remedy="Correct it; `git diff` shows what has changed."
                ) from error
        raise ConfigurationError(
            f"No data contract in {contracts} is about dataset {dataset}.",
            remedy="Restore the contract that the environment was deployed with.",
        )

    @classmethod
    def _of_schema(cls, schema: dict[str, Any]) -> HeaderRule | None:
        custom = {entry["property"]: entry["value"] for entry in schema.get("customProperties") or []}
        form = custom.get("csv") or {}
        if not form.get("header", True):
            return None
        required = tuple(entry["name"] for entry in schema["properties"] if entry.get("required"))
        return cls(required, form.get("delimiter", ","), form.get("quoteSymbol", '"'))

    def problem_of(self, head: bytes) -> str | None:
        """What is wrong with a file that begins so; None when nothing is."""
        first = head.split(b"\n", 1)[0].rstrip(b"\r")
        if b"\0" in first:
            return "line 1 holds NUL bytes: this is no UTF-8 text"
        try:
            line = first.decode("utf-8").removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            return f"line 1 is not UTF-8 (byte {first[error.start]:#04x})"
        reader = csv.reader([line], delimiter=self.delimiter, quotechar=self.quote_symbol)
        names = [name.strip() for name in next(reader, [])]
        missing = [name for name in self.columns if name not in names]
        if missing:
            expected = self.delimiter.join(self.columns)
            return f"line 1 lacks {', '.join(missing)}: expected {expected}, found {line[:120]!r}"
        twice = sorted({name for name in self.columns if names.count(name) > 1})
        return f"line 1 names {', '.join(twice)} twice: {line[:120]!r}" if twice else None


def check_headers(items: tuple[UploadItem, ...], rule: HeaderRule) -> None:
    """Look at the beginning of every file.

    Raises:
        UploadError: some do not fit; nothing was sent.
    """
    problems: list[str] = []
    for item in items:
        try:
            head = _head(item.path)
        except (OSError, zlib.error) as error:
            problems.append(f"{item.path}: cannot be read: {error}")
            continue
        problem = rule.problem_of(head) if head else "is empty: it has no header"
        if problem is not None:
            problems.append(f"{item.path}: {problem}")
    if problems:
        more = (f"... and {len(problems) - _SHOWN} more",) if len(problems) > _SHOWN else ()
        raise UploadError(
            f"{problems[0]}. Nothing was uploaded.",
            remedy="Correct the files, or the contract in data/contracts if the feed has changed.",
            details=(*problems[1:_SHOWN], *more),
        )


def _head(path: Path) -> bytes:
    with path.open("rb", buffering=0) as file:
        head = file.read(_HEAD_BYTES) or b""
    if path.suffix == ".gz" and head:
        return zlib.decompressobj(wbits=31).decompress(head, _HEAD_BYTES)
    return head
