"""Texts, URLs, binaries and hashes."""

# ruff: noqa: D103 - the table says what each function does

import base64
import binascii
import hashlib
import hmac as hmac_module
import re
import struct
import unicodedata
import zlib
from urllib.parse import unquote, unquote_plus, urlsplit

import regex  # type: ignore[import-untyped]

from localstack_glue.athena.engine.trino.python.registry import FunctionError, python
from localstack_glue.serdes.java_numbers import double_text as java_double
from localstack_glue.serdes.java_numbers import exponent_text
from localstack_glue.serdes.java_numbers import real_text as java_real

# ---------------------------------------------------------------------------- texts


@python("VARCHAR, VARCHAR, VARCHAR -> VARCHAR")
def replace(text: str, search: str, by: str) -> str:
    return text.replace(search, by)


@python("VARCHAR, VARCHAR, BIGINT -> VARCHAR[]", takes_nulls=True)
def split(text: str | None, delimiter: str | None, limit: int | None) -> list[str] | None:
    if text is None or delimiter is None:
        return None
    if not delimiter:
        raise FunctionError("The delimiter may not be the empty string")
    if limit is not None and limit <= 0:
        raise FunctionError("Limit must be positive")
    return text.split(delimiter, -1 if limit is None else limit - 1)


@python("VARCHAR, VARCHAR, BIGINT -> VARCHAR")
def split_part(text: str, delimiter: str, index: int) -> str | None:
    if index <= 0:
        raise FunctionError("Index must be greater than zero")
    parts = text.split(delimiter) if delimiter else [*text]
    return parts[index - 1] if index <= len(parts) else None


@python("VARCHAR, VARCHAR, VARCHAR -> MAP(VARCHAR, VARCHAR)")
def split_to_map(text: str, entry: str, key_value: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in _entries(text, entry, key_value):
        if key in found:
            raise FunctionError(f"Duplicate keys ({key}) are not allowed")
        found[key] = value
    return found


@python("VARCHAR, VARCHAR, VARCHAR -> MAP(VARCHAR, VARCHAR[])")
def split_to_multimap(text: str, entry: str, key_value: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, value in _entries(text, entry, key_value):
        found.setdefault(key, []).append(value)
    return found


def _entries(text: str, entry: str, key_value: str) -> list[tuple[str, str]]:
    if not entry or not key_value:
        raise FunctionError(f"{'keyValueDelimiter' if entry else 'entryDelimiter'} is empty")
    if entry == key_value:
        raise FunctionError("entryDelimiter and keyValueDelimiter must not be the same")
    parts = [part.split(key_value) for part in text.split(entry)] if text else []
    wrong = next((part for part in parts if len(part) != 2), None)
    if wrong is not None:
        raise FunctionError(f"Key-value delimiter must appear exactly once in each entry. Bad input: '{text}'")
    return [(key, value) for key, value in parts]


@python("VARCHAR, VARCHAR, BIGINT -> BIGINT")
def strpos(text: str, part: str, instance: int) -> int:
    if instance == 0:
        raise FunctionError("'instance' must not be a positive or negative number.")
    place = -1 if instance > 0 else len(text) + 1
    for _ in range(abs(instance)):
        place = text.find(part, place + 1) if instance > 0 else text.rfind(part, 0, max(place + len(part) - 1, 0))
        if place < 0:
            return 0
    return place + 1


@python("VARCHAR, VARCHAR -> BIGINT")
def levenshtein(one: str, other: str) -> int:
    """By characters: DuckDB counts bytes."""
    row = list(range(len(other) + 1))
    for place, char in enumerate(one, 1):
        last, row[0] = row[0], place
        for column, second in enumerate(other, 1):
            last, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, last + (char != second))
    return row[-1]


@python("VARCHAR, VARCHAR -> BIGINT")
def hamming(one: str, other: str) -> int:
    return sum(first != second for first, second in zip(one, other, strict=True))


@python("VARCHAR -> BOOLEAN")
def luhn_check(text: str) -> bool:
    if not text:
        return False
    if not text.isascii() or not text.isdigit():
        raise FunctionError("Input string must contain only digits")
    doubled = (sum(divmod(int(digit) * 2, 10)) if place % 2 else int(digit) for place, digit in enumerate(text[::-1]))
    return sum(doubled) % 10 == 0


@python("VARCHAR -> VARCHAR")
def soundex(text: str) -> str:
    codes = {char: code for code, chars in enumerate(("BFPV", "CGJKQSXZ", "DT", "L", "MN", "R"), 1) for char in chars}
    letters = [char for char in text.upper() if "A" <= char <= "Z"]
    if not letters:
        return ""
    out, last = letters[0], codes.get(letters[0])
    for char in letters[1:]:
        code = codes.get(char)
        if code is not None and code != last:
            out += str(code)
        if char not in "HW":
            last = code
    return out[:4].ljust(4, "0")


@python("VARCHAR, VARCHAR -> VARCHAR")
def normalize(text: str, form: str) -> str:
    if form.upper() not in ("NFC", "NFD", "NFKC", "NFKD"):
        raise FunctionError("Normalization form must be one of [NFD, NFC, NFKD, NFKC]")
    return unicodedata.normalize(form.upper(), text)  # type: ignore[arg-type]


@python("BLOB, VARCHAR -> VARCHAR", takes_nulls=True)
def from_utf8(data: bytes | None, by: str | None) -> str | None:
    if by is not None and len(by) > 1:
        raise FunctionError("Replacement character string must empty or a single character")
    if data is None:
        return None
    return bytes(data).decode(errors="replace").replace("\ufffd", "\ufffd" if by is None else by)


# ---------------------------------------------------------------------------- URLs


@python("VARCHAR, VARCHAR -> VARCHAR")
def url_extract(url: str, part: str) -> str | None:
    try:
        found = urlsplit(url)
        port = found.port
    except ValueError:
        return None
    if regex.search(r"[\s<>\"{}|\\^`]", url):
        return None
    if part == "port":
        return None if port is None else str(port)
    host = (found.netloc.rpartition("@")[2]).rsplit(":", 1)[0] if port is not None else found.netloc.rpartition("@")[2]
    values = {
        "protocol": found.scheme,
        "host": host,
        "path": unquote(found.path),
        "query": unquote(found.query),
        "fragment": unquote(found.fragment),
    }
    return values[part]


@python("VARCHAR, VARCHAR -> VARCHAR")
def url_parameter(url: str, name: str) -> str | None:
    try:
        query = urlsplit(url).query
    except ValueError:
        return None
    for part in query.split("&"):
        key, _, value = part.partition("=")
        if unquote(key) == name and part:
            return unquote(value)
    return None


@python("VARCHAR -> VARCHAR")
def url_encode(text: str) -> str:
    plain = set(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.*")
    return "".join(chr(byte) if byte in plain else "+" if byte == 32 else f"%{byte:02X}" for byte in text.encode())


@python("VARCHAR -> VARCHAR")
def url_decode(text: str) -> str:
    if re.search("%(?![0-9a-fA-F]{2})", text):
        raise FunctionError(f"URLDecoder: Illegal hex characters in escape (%) pattern: {text}")
    return unquote_plus(text)


# ---------------------------------------------------------------------------- binaries


@python("BLOB -> BLOB")
def reverse_bytes(data: bytes) -> bytes:
    return bytes(data)[::-1]


@python("BLOB, BIGINT, BIGINT -> BLOB", takes_nulls=True)
def substr_bytes(data: bytes | None, start: int | None, length: int | None) -> bytes | None:
    if data is None or start is None:
        return None
    size = len(data)
    if start == 0 or start > size or start < -size or (length is not None and length <= 0):
        return b""
    first = start - 1 if start > 0 else size + start
    return bytes(data)[first : None if length is None else first + length]


def _decoded(decode: object, text: str) -> bytes:
    try:
        return decode(text)  # type: ignore[operator,no-any-return]
    except (binascii.Error, ValueError) as error:
        raise FunctionError(str(error)) from error


@python("VARCHAR -> BLOB")
def from_hex(text: str) -> bytes:
    return _decoded(bytes.fromhex, text)


@python("VARCHAR -> BLOB")
def from_base64(text: str) -> bytes:
    return _decoded(lambda encoded: base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True), text)


@python("VARCHAR -> BLOB")
def from_base32(text: str) -> bytes:
    return _decoded(base64.b32decode, text)


@python("BLOB -> VARCHAR")
def to_base32(data: bytes) -> str:
    return base64.b32encode(bytes(data)).decode()


@python("BLOB -> BLOB")
def sha512(data: bytes) -> bytes:
    return hashlib.sha512(bytes(data)).digest()


@python("BLOB, BLOB, VARCHAR -> BLOB")
def hmac(data: bytes, key: bytes, name: str) -> bytes:
    return hmac_module.new(bytes(key), bytes(data), name).digest()


@python("BLOB -> BIGINT")
def crc32(data: bytes) -> int:
    return zlib.crc32(bytes(data))


@python("BIGINT, BIGINT -> BLOB")
def to_big_endian(value: int, bits: int) -> bytes:
    return value.to_bytes(bits // 8, "big", signed=True)


@python("BLOB, BIGINT -> BIGINT")
def from_big_endian(data: bytes, bits: int) -> int:
    if len(data) != bits // 8:
        raise FunctionError(f"expected {bits // 8}-byte input, but got instead: {len(data)}")
    return int.from_bytes(bytes(data), "big", signed=True)


@python("DOUBLE, BIGINT -> BLOB")
def to_ieee754(value: float, bits: int) -> bytes:
    return struct.pack(">f" if bits == 32 else ">d", value)


@python("BLOB, BIGINT -> VARCHAR")
def from_ieee754(data: bytes, bits: int) -> str:
    if len(data) != bits // 8:
        raise FunctionError(f"Input floating-point value must be exactly {bits // 8} bytes long")
    return str(struct.unpack(">f" if bits == 32 else ">d", bytes(data))[0])


_P1, _P2, _P3, _P4, _P5 = (
    0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5,
)  # fmt: skip
_M = (1 << 64) - 1


def _rotated(value: int, by: int) -> int:
    return ((value << by) | (value >> (64 - by))) & _M


def _round(lane: int, value: int) -> int:
    return _rotated((lane + value * _P2) & _M, 31) * _P1 & _M


@python("BLOB -> BLOB")
def xxhash64(content: bytes) -> bytes:
    """XXH64 with the seed 0."""
    data, place, size = bytes(content), 0, len(content)
    if size >= 32:
        lanes = [(_P1 + _P2) & _M, _P2, 0, -_P1 & _M]
        while place <= size - 32:
            lanes = [
                _round(lane, value) for lane, value in zip(lanes, struct.unpack_from("<4Q", data, place), strict=True)
            ]
            place += 32
        found = sum(_rotated(lane, by) for lane, by in zip(lanes, (1, 7, 12, 18), strict=True)) & _M
        for lane in lanes:
            found = ((found ^ _round(0, lane)) * _P1 + _P4) & _M
    else:
        found = _P5
    found = (found + size) & _M
    while place <= size - 8:
        found = (_rotated(found ^ _round(0, struct.unpack_from("<Q", data, place)[0]), 27) * _P1 + _P4) & _M
        place += 8
    if place <= size - 4:
        found = (_rotated(found ^ (struct.unpack_from("<I", data, place)[0] * _P1 & _M), 23) * _P2 + _P3) & _M
        place += 4
    for byte in data[place:]:
        found = _rotated(found ^ (byte * _P5 & _M), 11) * _P1 & _M
    found = (found ^ (found >> 33)) * _P2 & _M
    found = (found ^ (found >> 29)) * _P3 & _M
    return (found ^ (found >> 32)).to_bytes(8, "big")


# ---------------------------------------------------------------------------- numbers as texts


@python("DOUBLE -> VARCHAR")
def double_text(value: float) -> str:
    return java_double(value)


@python("DOUBLE -> VARCHAR")
def real_text(value: float) -> str:
    return java_real(value)


@python("DOUBLE -> VARCHAR")
def double_cast(value: float) -> str:
    return exponent_text(value, digits=20)


@python("DOUBLE -> VARCHAR")
def real_cast(value: float) -> str:
    return exponent_text(value, digits=6)
