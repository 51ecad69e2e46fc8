"""Parquet as batches of texts: typed values in the forms that the contract names, so all rules hold as for CSV.

Dates and times are written in the column's ``format``, numbers in digits without zeros at the end of a fraction, with
the column's decimal separator. A number that the contract could not hold keeps a text that breaks its rule. The raw
text of a row is JSON of the contract's columns.
"""

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from etl_job.contract.column_types import EXACT_DIGITS, FRACTION_DIGITS, INTEGER_DIGITS
from etl_job.contract.columns import Column
from etl_job.contract.date_formats import Layout
from etl_job.contract.model import Contract
from etl_job.lake.files import ObjectStore
from etl_job.reading.batches import Source, TextBatch
from etl_job.reading.kernels import either, floor_divide, texts_where, unsliced, without_empty, without_missing
from etl_job.reading.parquet_columns import LOCAL_TIME, MOMENT, NOTHING, select_layout
from etl_job.reading.parts import RawPart

_ROWS_AT_ONCE = 262_144
_DAY = 86_400
_NANOSECONDS = 1_000_000_000
_PARTS_OF_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": _NANOSECONDS}
_FARTHEST = 10_000_000 * _DAY  # Arrow calculates years with 16 bits and wraps around
_ANY_TIME = Layout.parse("yyyy-MM-dd HH:mm:ss.SSSSSSSSS")
_MOST_DIGITS = 40
_EXACTLY = Context(prec=400)
_ZERO_BEHIND = re.compile(r"\.?0+$")
_ZEROS = r"\.0*$|(\.[0-9]*[1-9])0+$"  # of a fraction, and what stays before them
_AS_JAVA = r"^-?([1-9][0-9]{0,6}\.[0-9]*[1-9]|0\.0{0,2}[1-9][0-9]*)$"
_TO_ESCAPE = r'["\\\x00-\x1f]'
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
_ESCAPES |= {chr(code): f"\\u{code:04X}" for code in range(32) if chr(code) not in _ESCAPES}
_NUMBERS_OF = {unit: getattr(pc, unit) for unit in ("year", "month", "day", "hour", "minute", "second")}
_TWO_DIGITS = pa.array([f"{number:02d}" for number in range(100)])


def parquet_batches(store: ObjectStore, part: RawPart, source: Source, contract: Contract) -> Iterator[TextBatch]:
    """The rows of a part's row groups."""
    header, first = source.header, part.first_row
    kinds = dict(zip(header.columns, header.kinds, strict=True))
    stored = _Stored(store, part.uri, source.size_bytes)
    with pq.ParquetFile(stored, coerce_int96_timestamp_unit="us") as file:
        groups = list(range(part.start, part.end))
        for rows in file.iter_batches(
            _ROWS_AT_ONCE, row_groups=groups, columns=list(header.in_file), use_threads=False
        ):
            found = (rows.column(name) for name in header.in_file)
            columns = (unsliced(each.storage if isinstance(each, pa.ExtensionArray) else each) for each in found)
            typed = dict(zip(header.columns, columns, strict=True))
            yield _batch(typed, kinds, pa.arange(first, first + len(rows)), contract)
            first += len(rows)


def _batch(
    typed: Mapping[str, pa.Array], kinds: Mapping[str, str], numbers: pa.Int64Array, contract: Contract
) -> TextBatch:
    texts, undecodable = dict[str, pa.StringArray](), None
    for column in contract.columns:
        if column.name not in kinds:
            continue
        text = typed[column.name]
        if kinds[column.name] == "string":
            text, bad = _decoded(text)
            undecodable = either(undecodable, bad)
        else:
            text = _text(column, kinds[column.name], text)
        texts[column.name] = without_missing(without_empty(text), contract.missing_texts(column))
    raw = _json(texts, len(numbers))
    missing = pa.nulls(len(numbers), pa.string())
    return TextBatch({c.name: texts.get(c.name, missing) for c in contract.columns}, raw, numbers, None, undecodable)


def _decoded(values: pa.Array) -> tuple[pa.StringArray, pa.BooleanArray | None]:
    """Texts, and which of them have bytes that cannot be decoded; None if none have."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    content = values.cast(pa.binary())
    try:
        return content.cast(pa.string()), None
    except pa.ArrowInvalid:
        texts = [None if value is None else value.decode(errors="replace") for value in content.to_pylist()]
        found = pa.array(texts, pa.string())
        return found, pc.fill_null(pc.not_equal(found.cast(pa.binary()), content), False)


def _text(column: Column, kind: str, values: pa.Array) -> pa.StringArray:
    if kind == NOTHING:
        return pa.nulls(len(values), pa.string())
    if column.logical_type == "date" and kind == LOCAL_TIME:
        return _days_of_midnights(column, _Moments.of(values))
    layout = select_layout(column, kind) if kind in ("date", MOMENT, LOCAL_TIME) else None
    if layout is not None:
        return _written(layout, _Moments.of(values))
    if kind == "boolean":
        return values.cast(pa.string())
    digits = _digits(values, column.rules.rounding, counts_time=column.logical_type == "timestamp")
    return pc.replace_substring(digits, ".", ",") if column.rules.decimal_mark == "," else digits


@dataclass(frozen=True, slots=True)
class _Moments:
    """Times as whole seconds since 1970, and the remaining nanoseconds."""

    seconds: pa.Int64Array
    behind: pa.Int64Array

    @classmethod
    def of(cls, values: pa.Array) -> "_Moments":
        """Those of dates or timestamps."""
        if pa.types.is_date(values.type):
            days = values.cast(pa.date32()).cast(pa.int32()).cast(pa.int64())
            return cls(pc.multiply(days, _DAY), pa.repeat(0, len(values)))
        whole, parts = values.cast(pa.int64()), _PARTS_OF_SECOND[values.type.unit]
        seconds = floor_divide(whole, parts)
        behind = pc.subtract(whole, pc.multiply(seconds, parts))
        return cls(seconds, pc.multiply(behind, _NANOSECONDS // parts))


def _days_of_midnights(column: Column, moments: _Moments) -> pa.StringArray:
    """Days from midnights. Any other time is not a date and has no text."""
    in_day = pc.subtract(moments.seconds, pc.multiply(floor_divide(moments.seconds, _DAY), _DAY))
    is_midnight = pc.and_(pc.equal(in_day, 0), pc.equal(moments.behind, 0))
    days = texts_where(pc.fill_null(is_midnight, True), _written(column.rules.layouts[0], moments))
    others = pc.replace_substring_regex(_written(_ANY_TIME, moments), r"\.0+$|(\.[0-9]*[1-9])0+$", r"\1")
    return pc.coalesce(days, others)


def _written(layout: Layout, moments: _Moments) -> pa.StringArray:
    """Times in a layout; times thousands of years away have no text in any layout."""
    is_near = pc.fill_null(pc.less_equal(pc.abs(moments.seconds), _FARTHEST), True)
    if pc.all(is_near).as_py() is not False:
        return _in_layout(layout, moments)
    near = pc.if_else(is_near, moments.seconds, pa.scalar(None, pa.int64()))
    far = texts_where(pc.invert(is_near), pc.binary_join_element_wise(moments.seconds.cast(pa.string()), "s", ""))
    return pc.coalesce(_in_layout(layout, _Moments(near, moments.behind)), far)


def _in_layout(layout: Layout, moments: _Moments) -> pa.StringArray:
    """An offset is UTC's."""
    seconds = moments.seconds
    if layout.epoch_unit is not None:
        parts = pc.divide(moments.behind, _NANOSECONDS // layout.epoch_unit)
        return pc.add(pc.multiply(seconds, layout.epoch_unit), parts).cast(pa.string())
    when = seconds.cast(pa.timestamp("s"))
    pieces: list[Any] = []
    for piece in layout.pieces:
        if isinstance(piece, str):
            pieces.append(pa.scalar(piece))
        elif piece.unit == "fraction":
            digits = pc.utf8_lpad(moments.behind.cast(pa.string()), 9, "0")
            pieces.append(pc.utf8_slice_codeunits(digits, 0, piece.most))
        elif piece.unit == "offset":
            pieces.append(pa.scalar("Z"))
        else:
            number = _NUMBERS_OF[piece.unit](when)
            if piece.least == 2:
                pieces.append(_TWO_DIGITS.take(number))
            else:
                pieces.append(pc.utf8_lpad(number.cast(pa.string()), piece.least, "0"))
    return pc.binary_join_element_wise(*pieces, "") if len(pieces) > 1 else pieces[0]


def _digits(values: pa.Array, rounding: int | None, *, counts_time: bool = False) -> pa.StringArray:
    """Numbers as texts; those that count time keep all their decimals, which are cut off later."""
    if pa.types.is_integer(values.type):
        return values.cast(pa.string())
    if pa.types.is_decimal(values.type) and values.type.bit_width < 128:  # which Arrow writes and hardly reckons with
        values = values.cast(pa.decimal128(values.type.precision, values.type.scale))
    distinct = values.dictionary_encode()
    found = distinct.dictionary.cast(pa.string())
    most = FRACTION_DIGITS if rounding is None else rounding
    fraction = rf"(\.[0-9]{{1,{most}}})?" if most else r"(\.0)?"
    is_regular = pc.match_substring_regex(found, rf"^-?[0-9]{{1,{INTEGER_DIGITS}}}{fraction}$")
    texts = pc.replace_substring_regex(found, _ZEROS, r"\1")
    texts = pc.if_else(pc.equal(texts, "-0"), "0", texts)
    if not pc.all(is_regular).as_py():
        others = _other_digits(texts_where(pc.invert(is_regular), found), values.type, rounding)
        texts = pc.if_else(is_regular, texts, others)
        unread = distinct.dictionary.filter(pc.is_null(texts))
        read_singly = pa.array(
            [_format_number(value, values.type, rounding, counts_time=counts_time) for value in unread.to_pylist()],
            pa.string(),
        )
        texts = pc.replace_with_mask(texts, pc.is_null(texts), read_singly)
    return texts.take(distinct.indices)


def _other_digits(found: pa.StringArray, kind: pa.DataType, rounding: int | None) -> pa.StringArray:
    """What ``_format_number`` makes of numbers with too many decimals; null for those that need it."""
    if rounding is None:  # a binary number keeps its digits where Java writes them without an exponent
        return texts_where(pc.match_substring_regex(found, _AS_JAVA if pa.types.is_floating(kind) else "^$"), found)
    usual = texts_where(pc.match_substring_regex(found, rf"^-?[0-9]{{1,17}}\.[0-9]{{1,{EXACT_DIGITS}}}$"), found)
    exact = pc.round(usual.cast(pa.decimal128(38, EXACT_DIGITS)), rounding, round_mode="half_towards_infinity")
    texts = exact.cast(pa.decimal128(38, rounding)).cast(pa.string())
    texts = pc.replace_substring_regex(texts, _ZEROS, r"\1")
    is_minus = pc.and_(pc.starts_with(usual, "-"), pc.equal(texts, "0"))
    return pc.if_else(is_minus, "-0", texts)


def _format_number(value: float | Decimal, kind: pa.DataType, rounding: int | None, *, counts_time: bool) -> str:
    """The text of a number that is not written as one of the contract's."""
    text = str(value)
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[text]
        text = pa.scalar(value, kind).cast(pa.string()).as_py()
    exact = written = Decimal(text)
    if rounding is not None and exact.adjusted() < _MOST_DIGITS:
        exact = exact.quantize(Decimal(1).scaleb(-rounding), ROUND_HALF_UP, _EXACTLY)
    if abs(exact) < Decimal(10) ** 20 and exact == round(exact, FRACTION_DIGITS):
        return _ZERO_BEHIND.sub("", f"{exact:.{FRACTION_DIGITS}f}")
    if counts_time:
        return f"{exact:f}"
    return text if isinstance(value, Decimal) else _as_java_writes(written)


def _as_java_writes(number: Decimal) -> str:
    """A binary number in Java's notation, which has an exponent if the number is very small or large."""
    sign, digits, _ = number.as_tuple()
    exponent = number.adjusted()
    shown = "".join(map(str, digits)).rstrip("0") or "0"
    if -3 <= exponent < 7:
        return f"{number.normalize():f}" if number != number.to_integral_value() else f"{number:.1f}"
    return f"{'-' if sign else ''}{shown[0]}.{shown[1:] or '0'}E{exponent}"


def _json(texts: Mapping[str, pa.StringArray], rows: int) -> pa.StringArray:
    if not texts:
        return pa.repeat("{}", rows)
    members = [
        pc.binary_join_element_wise(f'"{name}":', pc.coalesce(_quoted(text), "null"), "")
        for name, text in texts.items()
    ]
    joined = reduce(lambda left, right: pc.binary_join_element_wise(left, right, ","), members)
    return pc.binary_join_element_wise("{", joined, "}", "")


def _quoted(text: pa.StringArray) -> pa.StringArray:
    escaped = pc.fill_null(pc.match_substring_regex(text, _TO_ESCAPE), False)
    if pc.any(escaped).as_py():
        read_singly = ["".join(_ESCAPES.get(c, c) for c in each) for each in text.filter(escaped).to_pylist()]
        text = pc.replace_with_mask(text, escaped, pa.array(read_singly, pa.string()))
    return pc.binary_join_element_wise('"', text, '"', "")


class _Stored(io.RawIOBase):
    """A stored file that can be read at any place."""

    def __init__(self, store: ObjectStore, uri: str, size_bytes: int) -> None:
        self._store, self._uri, self._size, self._place = store, uri, size_bytes, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        return self._place

    def tell(self) -> int:
        return self._place

    def read(self, size: int = -1) -> bytes:
        size = self._size - self._place if size < 0 else min(size, self._size - self._place)
        if size <= 0:
            return b""
        with self._store.open(self._uri, self._place) as content:
            found = b""
            while len(found) < size and (more := content.read(size - len(found))):
                found += more
        self._place += len(found)
        return found
