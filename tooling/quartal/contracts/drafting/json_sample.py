"""A sample of JSON lines: the members of each object as texts, as the job reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from quartal.contracts.drafting.file_pieces import Pieces
from quartal.contracts.drafting.sample import Sample, SampledColumn
from quartal.contracts.model import FileFormat
from quartal.core.errors import ConfigurationError


def is_json(pieces: Pieces) -> bool:
    """Whether a file begins as JSON does."""
    return pieces.contents[0].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")


def json_sample(path: Path, pieces: Pieces) -> Sample:
    """The sample that pieces of a file of JSON lines hold.

    Raises:
        ConfigurationError: it is JSON of another form.
    """
    lines = [line for content in pieces.contents for line in content.split(b"\n") if line.strip()]
    if lines[0].lstrip().startswith(b"["):
        raise ConfigurationError(
            f"{path} is one JSON array; the job reads JSON lines, one object a line.",
            remedy="Write it so: `jq -c '.[]' FILE > NEW`, or pandas' to_json(orient='records', lines=True).",
        )
    objects, malformed = list[dict[str, str]](), 0
    for line in lines:
        try:
            found = json.loads(line, parse_int=str, parse_float=str)
        except ValueError:
            found = None
        if isinstance(found, dict):
            objects.append({name: _text(value) for name, value in found.items()})
        else:
            malformed += 1
    if not objects or malformed > len(objects):
        raise ConfigurationError(
            f"{path} is no JSON lines: {malformed} of {malformed + len(objects)} lines hold no JSON object.",
            remedy="Write one object a line: `jq -c . FILE > NEW`, or pandas' to_json(orient='records', lines=True).",
        )
    names = list(dict.fromkeys(name for each in objects for name in each))
    columns = tuple(SampledColumn(name, tuple(each.get(name, "") for each in objects)) for name in names)
    return Sample(str(path), FileFormat.JSON_LINES, columns, is_whole=pieces.is_whole, malformed=malformed)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
