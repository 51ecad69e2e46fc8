"""What commands print with --json, held against the published schema of each: docs/reference/json."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from quartal.core import json_output
from quartal.core.console import Console

SCHEMAS = Path(__file__).parents[1] / "docs" / "reference" / "json"
_ENVELOPE = {"version", "command", "result", "error"}


def schema_path(command: str) -> Path:
    """Where the schema of a command is."""
    return SCHEMAS / f"{command.replace(' ', '-')}.json"


@cache
def _validator(command: str) -> Draft202012Validator | None:
    file = schema_path(command)
    return Draft202012Validator(json.loads(file.read_text())) if file.exists() else None


def find_problems(document: dict[str, Any]) -> list[str]:
    """What is wrong with a printed document; of a command that there is none of, only an error can be right."""
    validator = _validator(document["command"])
    if validator is None:
        return [] if document["error"] else [f"{document['command']!r} has no schema"]
    return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(document)]


def checking(print_document: Callable[[Console, Any], None]) -> Callable[[Console, Any], None]:
    """Prints as before, and fails where a command's document does not keep its schema."""

    def printed(console: Console, data: Any) -> None:
        print_document(console, data)
        if isinstance(data, dict) and data.keys() >= _ENVELOPE and data["command"]:
            document = json.loads(json_output.as_text(data))
            assert find_problems(document) == [], f"quartal {document['command']} --json"

    return printed
