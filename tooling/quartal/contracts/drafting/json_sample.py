"""Sample JSON lines: the members of each object as text, as the job reads them."""

from __future__ import annotations

import codecs
import json
import re
from pathlib import Path
from typing import Any

from quartal.contracts.drafting.file_pieces import Pieces
from quartal.contracts.drafting.sample import Sample, SampledColumn
from quartal.contracts.model import FileFormat
from quartal.core.errors import ConfigurationError

_LINE_END = re.compile(rb"\r\n|\r|\n")
_DECODER = json.JSONDecoder()
_BEGINNING = re.compile(r"""[\[\s]*\{\s*(?:$|\}|"[^"]*(?:$|"\s*:)|'[^']*'\s*:)|\[\s*(?:$|\n|")""")
_HALF = re.compile("[\ud800-\udfff]")  # half of a character, as escapes may write it, or an undecodable byte


def is_json(pieces: Pieces) -> bool:
    """Whether a file begins as JSON does."""
    return begins_as_json(pieces.contents[0].decode("utf-8-sig", "replace"))


def begins_as_json(text: str) -> bool:
    """Whether a text begins as JSON does, valid or not; the header of a CSV file may begin with a bracket too."""
    text = text.lstrip()
    if not text.startswith(("{", "[")):
        return False
    try:
        _, end = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):  # such as the first lines of a long value
        return _BEGINNING.match(text) is not None
    rest = text[end:].split("\n", 1)[0].strip()
    return rest in ("", ",") or rest.startswith(("{", "["))


def json_sample(path: Path, pieces: Pieces) -> Sample:
    """Sample the pieces of a file of JSON lines.

    Raises:
        ConfigurationError: the file is JSON, but not JSON lines.
    """
    lines = [line for content in pieces.contents for line in _LINE_END.split(content) if line]
    lines[0] = lines[0].removeprefix(codecs.BOM_UTF8)
    if next(line for line in lines if line.strip()).lstrip().startswith(b"["):
        raise ConfigurationError(
            f"{path} is one JSON array, but the job reads JSON lines: one object per line.",
            remedy="Convert it: `jq -c '.[]' FILE > NEW`, or pandas' to_json(orient='records', lines=True).",
        )
    objects, malformed, undecodable = list[dict[str, str]](), 0, set[int]()
    for line in lines:
        found = _object_in(line.decode(errors="surrogateescape"))
        if found is None:
            malformed += 1
            continue
        if any(map(_HALF.search, found.values())):
            undecodable.add(len(objects))
            found = {name: _HALF.sub("\ufffd", text) for name, text in found.items()}
        objects.append(found)
    if not objects or malformed > len(objects):
        raise ConfigurationError(
            f"{path} is not JSON lines: {malformed} of {malformed + len(objects)} lines are not JSON objects.",
            remedy="Write one object per line: `jq -c . FILE > NEW`, or pandas' to_json(orient='records', lines=True).",
        )
    names = list(dict.fromkeys(name for each in objects for name in each))
    columns = tuple(SampledColumn(name, tuple(each.get(name, "") for each in objects)) for name in names)
    return Sample(
        str(path),
        FileFormat.JSON_LINES,
        columns,
        is_whole=pieces.is_whole,
        malformed=malformed,
        undecodable=frozenset(undecodable),
        files=(path,),
    )


def _object_in(line: str) -> dict[str, str] | None:
    """The members of a line's object as text; None if the line is not exactly one object."""
    try:
        found = json.loads(line, parse_int=str, parse_float=str, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return (
        {_HALF.sub("\ufffd", name): _text(value) for name, value in found.items()} if isinstance(found, dict) else None
    )


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
