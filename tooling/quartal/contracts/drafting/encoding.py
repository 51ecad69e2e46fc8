"""Detect which of the encodings that contracts support a text file has; refuse others with a hint."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from quartal.contracts.drafting.code_pages import other_encodings
from quartal.contracts.drafting.file_pieces import Pieces
from quartal.contracts.drafting.json_sample import begins_as_json
from quartal.core.errors import ConfigurationError

_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF_32_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_MIXED = 0.02  # which part of the lines may be in another encoding, as if by mistake
_SHOWN = 40
_LOOKED_AT = 2_000  # lines
_HALF = re.compile("[\ud800-\udfff]")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]+")
_OF_WINDOWS = re.compile(rb"[\x80-\x9f]")  # letters and signs there, and none in ISO-8859-1


@dataclass(frozen=True, slots=True)
class Decoded:
    """A file's pieces as texts.

    Attributes:
        encoding: as contracts name it.
        texts: one for each piece; undecodable bytes are lone surrogates in it (``surrogateescape``).
        is_ascii: whether every supported encoding gives the same texts.
        notes: what was guessed.
    """

    encoding: str
    texts: tuple[str, ...]
    is_ascii: bool = False
    notes: tuple[str, ...] = ()


def decoded(path: Path, pieces: Pieces) -> Decoded:
    """Decode the pieces of a file.

    Raises:
        ConfigurationError: no supported encoding fits.
    """
    beginning = pieces.contents[0][:4096]
    if beginning.startswith(_UTF_16_MARKS) and not beginning.startswith(_UTF_32_MARKS):
        return _utf_16(path, pieces)
    if b"\0" in beginning:
        raise ConfigurationError(
            f"{path} is not UTF-8: it is UTF-16 or UTF-32 without a byte order mark, or not text at all.",
            remedy="Convert it to UTF-8: `iconv -f UTF-16LE -t UTF-8 FILE > NEW`.",
        )
    try:
        texts = tuple(content.decode("utf-8-sig") for content in pieces.contents)
    except UnicodeDecodeError:
        return _of_single_bytes(path, pieces)
    return Decoded("UTF-8", texts, is_ascii=all(content.isascii() for content in pieces.contents))


def _utf_16(path: Path, pieces: Pieces) -> Decoded:
    content = b"".join(pieces.contents)
    try:
        text = content.decode("utf-16")
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"{path} begins as UTF-16, but byte {error.start:,} is not valid UTF-16: half a character is missing.",
            remedy="Export it again from its source, as UTF-8.",
        ) from error
    if begins_as_json(text):
        raise ConfigurationError(
            f"{path} is JSON in UTF-16, but the job reads JSON only in UTF-8.",
            remedy="Convert it: `iconv -f UTF-16 -t UTF-8 FILE > NEW`.",
        )
    return Decoded("UTF-16", (text,))


def _of_single_bytes(path: Path, pieces: Pieces) -> Decoded:
    lines = [line for content in pieces.contents for line in content.splitlines()]
    wrong = [line for line in lines if not is_utf_8(line)]
    foreign = sum(not line.isascii() for line in lines) - len(wrong)
    if len(wrong) < max(foreign, 1) and len(wrong) <= max(1, _MIXED * len(lines)):  # UTF-8 with damaged rows
        return Decoded("UTF-8", tuple(content.decode("utf-8-sig", "surrogateescape") for content in pieces.contents))
    if foreign > _MIXED * len(wrong):
        raise ConfigurationError(
            f"{path} mixes two encodings: {foreign:,} lines are UTF-8, and {len(wrong):,} are not, such as "
            f"{_example(wrong, 'latin-1')!r}.",
            remedy="Write the whole file as UTF-8; parts of it come from a program that uses another encoding.",
        )
    if others := other_encodings(wrong):
        readings = " or ".join(f"{other.name} ({other.example!r})" for other in others)
        raise ConfigurationError(
            f"{path} is neither UTF-8 nor in a Western encoding: its words make sense in {readings}, not in "
            f"windows-1252 ({others[0].western!r}).",
            remedy=f"Convert it to UTF-8: `iconv -f {others[0].name} -t UTF-8 FILE > NEW`, or with `-f WINDOWS-1252` "
            "if it is that after all.",
        )
    if _are_no_latin_letters(wrong):
        raise ConfigurationError(
            f"{path} is neither UTF-8 nor in a Western encoding: its letters belong to another script.",
            remedy="Convert it to UTF-8: `iconv -f ENCODING -t UTF-8 FILE > NEW`, where ENCODING is that of the "
            "program that wrote it, for instance CP1251, SHIFT_JIS, GB18030 or EUC-KR.",
        )
    has_windows = any(map(_OF_WINDOWS.search, wrong))
    encoding, codec = ("windows-1252", "cp1252") if has_windows else ("ISO-8859-1", "latin-1")
    undecodable = sum(not _is_in(line, codec) for line in wrong)
    if undecodable > _MIXED * len(wrong):
        raise ConfigurationError(
            f"{path} is neither UTF-8 nor windows-1252: {undecodable:,} of its lines contain bytes that are valid "
            "in neither.",
            remedy="Convert it to UTF-8: `iconv -f ENCODING -t UTF-8 FILE > NEW`, where ENCODING is that of the "
            "program that wrote it, for instance MACINTOSH or CP850.",
        )
    doubtful = [line for line in wrong[:_LOOKED_AT] if _reads_otherwise(line, codec)] or wrong
    example = _example(doubtful, codec)
    note = f"encoding: {encoding}, because the file is not UTF-8; check that {example!r} reads correctly"
    texts = tuple(content.decode(codec, "surrogateescape") for content in pieces.contents)
    return Decoded(encoding, texts, notes=(note,))


def has_no_text(text: str) -> bool:
    """Whether it contains undecodable bytes."""
    return not text.isascii() and _HALF.search(text) is not None


def without_bytes(text: str) -> str:
    """The text with U+FFFD in place of undecodable bytes."""
    return _HALF.sub("\ufffd", text)


def is_utf_8(line: bytes) -> bool:
    """Whether the bytes are text in UTF-8."""
    return _is_in(line, "utf-8")


def _is_in(line: bytes, codec: str) -> bool:
    try:
        line.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _are_no_latin_letters(lines: Sequence[bytes]) -> bool:
    """Whether most non-ASCII bytes are next to each other; in Western words they are few and apart."""
    runs = [run for line in lines[:_LOOKED_AT] for run in _BEYOND_ASCII.findall(line)]
    return sum(len(run) for run in runs if len(run) > 1) > 0.5 * sum(map(len, runs))


def _reads_otherwise(line: bytes, codec: str) -> bool:
    """Whether a Central European line would read differently. Otherwise it shows nothing about the encoding."""
    return line.decode(codec, "replace") != line.decode("cp1250", "replace")


def _example(lines: Sequence[bytes], codec: str) -> str:
    """A passage around the first non-ASCII letter, as it would be read."""
    text = next(iter(lines), b"").decode(codec, errors="replace")
    place = next((place for place, each in enumerate(text) if not each.isascii()), 0)
    start = max(0, place - _SHOWN // 2)
    return text[start : start + _SHOWN]
