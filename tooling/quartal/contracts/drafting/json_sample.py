"""Sample JSON lines: the members of each object as text, as the job reads them."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from quartal.contracts.drafting.file_pieces import Pieces
from quartal.contracts.drafting.sample import Sample, SampledColumn
from quartal.contracts.model import FileFormat
from quartal.contracts.row_judge import read_object
from quartal.core.errors import ConfigurationError

_LINE_END = re.compile(rb"\r\n|\r|\n")
_DECODER = json.JSONDecoder()
_BEGINNING = re.compile(r"""[\[\s]*\{\s*(?:$|\}|"[^"]*(?:$|"\s*:)|'[^']*'\s*:)|\[\s*(?:$|\n|")""")
_ERRORS = 0.02  # which part of the lines may be damaged
_LOOKED_AT = 100  # lines
_SHOWN = 40
_BYTE = re.compile("[\udc80-\udcff]")  # one that is no UTF-8
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
    texts = [line.decode(errors="surrogateescape") for line in lines]
    _refuse_lists(path, [text for text in texts[:_LOOKED_AT] if text.strip()])
    undecoded = sum(not text.isascii() and _BYTE.search(text) is not None for text in texts)
    if undecoded > max(1, _ERRORS * len(lines)):
        raise ConfigurationError(
            f"{path} is JSON, but not in UTF-8: {undecoded:,} of its {len(lines):,} lines have other bytes.",
            remedy="Convert it: `iconv -f WINDOWS-1252 -t UTF-8 FILE > NEW`, or with the encoding of the program that "
            "wrote it.",
        )
    objects, malformed, undecodable = list[dict[str, str]](), list[int](), set[int]()
    for place, text in enumerate(texts):
        found = _object_in(text)
        if found is None:
            malformed.append(place)
            continue
        if any(map(_HALF.search, found.values())):
            undecodable.add(len(objects))
            found = {name: _HALF.sub("\ufffd", value) for name, value in found.items()}
        objects.append(found)
    if not objects or len(malformed) > len(objects):
        raise ConfigurationError(
            f"{path} is not JSON lines: {len(malformed):,} of {len(lines):,} lines are not JSON objects; line "
            f"{_number_of(malformed[0], pieces)}: {_why_no_object(texts[malformed[0]])}.",
            remedy="Write one object per line: `jq -c . FILE > NEW`, or pandas' to_json(orient='records', lines=True).",
        )
    names = list(dict.fromkeys(name for each in objects for name in each))
    columns = tuple(SampledColumn(name, tuple(each.get(name, "") for each in objects)) for name in names)
    return Sample(
        str(path),
        FileFormat.JSON_LINES,
        columns,
        is_whole=pieces.is_whole,
        malformed=len(malformed),
        malformed_example=_HALF.sub("\ufffd", texts[malformed[0]]) if malformed else "",
        undecodable=frozenset(undecodable),
        files=(path,),
    )


def _refuse_lists(path: Path, lines: Sequence[str]) -> None:
    """Raise ConfigurationError if the file is one list of objects, or a list in each line."""
    first = next(iter(lines), "").lstrip()
    if not first.startswith("["):
        return
    if len(lines) > 1 and all(line.lstrip().startswith("[") and line.rstrip().endswith("]") for line in lines):
        raise ConfigurationError(
            f"Each line of {path} is a list, not a JSON object: {first[:_SHOWN]!r}.",
            remedy="Name the values: `jq -c '{day: .[0], amount: .[1]}' FILE > NEW`.",
        )
    raise ConfigurationError(
        f"{path} is one JSON array, but the job reads JSON lines: one object per line.",
        remedy="Convert it: `jq -c '.[]' FILE > NEW`, or pandas' to_json(orient='records', lines=True).",
    )


def _number_of(place: int, pieces: Pieces) -> int:
    """The number, from 1, of a line of the first piece that is not empty."""
    numbers = (number for number, line in enumerate(_LINE_END.split(pieces.contents[0]), 1) if line)
    return next(islice(numbers, place, None), place + 1)


def _object_in(line: str) -> dict[str, str] | None:
    """The members of a line's object as text, as the job reads them; None if it reads no object."""
    found = read_object(line)
    return found and {_HALF.sub("\ufffd", name): _text(value) for name, value in found.items()}


def _why_no_object(line: str) -> str:
    try:
        found = json.loads(line, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        return f"{error.msg} at character {error.colno}"
    except (ValueError, RecursionError) as error:
        return str(error)
    return "it is nested too deep" if isinstance(found, dict) else "it is not an object"


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON number")


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
