"""The table of cases that Athena's JSON rows and the jobs' awsglue are both held to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_suffix(".yaml")


@dataclass(frozen=True)
class Case:
    """Lines of JSON, a table's columns, and the rows they are: of both readers, or of each."""

    title: str
    columns: dict[str, str]
    lines: list[str]
    rows: list[dict[str, Any]] | None = None
    athena: list[dict[str, Any]] | str | None = None
    glue: list[dict[str, Any]] | str | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    hive: bool = False

    def expected(self, reader: str) -> list[dict[str, Any]] | str:
        """A reader's rows, or the text of its error."""
        found = self.rows if self.rows is not None else getattr(self, reader)
        assert found is not None, f"{self.title}: nothing is said of {reader}"
        return found


def cases() -> list[Case]:
    """All cases."""
    return [Case(**given) for given in yaml.safe_load(FILE.read_text(encoding="utf-8"))]


def plain(value: Any) -> Any:
    """A value as the table writes it."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, Decimal | datetime | date) else value
