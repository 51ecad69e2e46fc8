"""The columns of a Parquet file and their types, from its footer, and whether the contract can read them.

https://github.com/apache/parquet-format/blob/master/LogicalTypes.md
"""

import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from etl_job.contract.columns import NUMERIC
from etl_job.contract.columns import Column as ContractColumn
from etl_job.contract.date_formats import Layout
from etl_job.contract.model import Contract
from etl_job.errors import InputError
from etl_job.lake.files import ObjectStore
from etl_job.reading.batches import Header

_TAIL_BYTES, _MOST_FOOTER_BYTES = 64 * 1024, 256_000_000
_MAGIC, _ENCRYPTED = b"PAR1", b"PARE"
MOMENT, LOCAL_TIME = "timestamp", "timestamp_ntz"  # times in UTC, and those without a zone
_PHYSICAL = {
    "BOOLEAN": "boolean",
    "INT32": "int",
    "INT64": "bigint",
    "INT96": MOMENT,
    "FLOAT": "float",
    "DOUBLE": "double",
}
_INTEGERS = {(8, True): "tinyint", (16, True): "smallint", (32, True): "int", (64, True): "bigint"}
_INTEGERS |= {(8, False): "smallint", (16, False): "int", (32, False): "bigint", (64, False): "decimal(20,0)"}
_TEXTS = ("String", "Enum", "JSON")
_NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double", "decimal")
_NESTED = "nested values"
_TWICE = "twice"  # capitals and small letters count as one
NOTHING = "nothing"  # a column without a value, as pandas writes one of None alone


def parquet_columns(store: ObjectStore, uri: str, contract: Contract) -> Header:
    """The columns of a file that the contract knows, from its footer.

    Raises:
        InputError: it is not a Parquet file, lacks a required column, or has one whose values cannot be converted to
            the contract's.
    """
    try:
        file = _open_footer(_footer(store, uri))
        found, names = _kinds(file.schema), list(file.schema_arrow.names)
    except pa.ArrowNotImplementedError as error:
        raise InputError(
            f"{uri} has a type that the job cannot read ({' '.join(str(error).split())[:200]}). Write it as another "
            "type, such as a decimal number or text; nothing was written"
        ) from error
    except (pa.ArrowException, ValueError, KeyError) as error:
        raise InputError(
            f"{uri} is not a Parquet file, or it is damaged ({' '.join(repr(error).split())[:200]}). Deliver it again; "
            "nothing was written"
        ) from error
    missing = [c.name_in_file for c in contract.columns if c.required and c.name_in_file.lower() not in found]
    if missing:
        raise InputError(
            f"{uri} lacks the required column {', '.join(missing)}; it has {', '.join(found)}. Correct the file or the "
            "contract; nothing was written"
        )
    small = [name.lower() for name in names]
    present = [column for column in contract.columns if column.name_in_file.lower() in found]
    for column in present:
        problem = _problem(column, found[column.name_in_file.lower()])
        if problem:
            raise InputError(f"{uri}: column {column.name_in_file} {problem}; nothing was written")
    return Header(
        line="",
        columns=tuple(c.name for c in present),
        in_file=tuple(names[small.index(c.name_in_file.lower())] for c in present),
        kinds=tuple(found[c.name_in_file.lower()] for c in present),
        group_rows=tuple(file.metadata.row_group(group).num_rows for group in range(file.metadata.num_row_groups)),
    )


def select_layout(column: ContractColumn, kind: str) -> Layout | None:
    """The first of the column's formats in which values of a kind can be written; None if there is none.

    Times in UTC need one with an offset, or one that counts from 1970; those without a zone need another. Days are
    written in any.
    """
    fitting = (each for each in column.rules.layouts if kind == "date" or each.is_of_moments == (kind == MOMENT))
    return next(fitting, None)


def _footer(store: ObjectStore, uri: str) -> bytes:
    """The file without its data."""
    tail = store.read_end(uri, _TAIL_BYTES)
    if tail[-4:] == _ENCRYPTED:
        raise InputError(f"{uri} is encrypted Parquet: deliver it unencrypted; nothing was written")
    if tail[-4:] != _MAGIC:
        raise ValueError("its last bytes are not PAR1")
    needed = int.from_bytes(tail[-8:-4], "little") + 8
    if needed > _MOST_FOOTER_BYTES:
        raise ValueError(f"its footer would have {needed:,} bytes")
    if needed > len(tail):
        tail = store.read_end(uri, needed)
    return _MAGIC + tail[-needed:]


def _open_footer(footer: bytes) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(pa.BufferReader(footer))
    except OSError as error:  # Arrow's word for what it cannot make sense of
        raise ValueError(str(error)) from error


def _kinds(schema: Any) -> dict[str, str]:
    """The kinds of the columns by their names in small letters.

    Raises:
        ValueError, KeyError: the footer is damaged.
    """
    found: dict[str, str] = {}
    for leaf in (schema.column(place) for place in range(len(schema))):
        name, kind = _name(leaf).lower(), _kind(leaf)
        is_part = kind == _NESTED and found.get(name, _NESTED) == _NESTED  # one column has many leaves
        found[name] = kind if name not in found or is_part else _TWICE
    return found


def _name(leaf: Any) -> str:
    """The name of a leaf's column, in which a dot is a letter like any other."""
    return str(leaf.path if leaf.path == leaf.name else leaf.path.partition(".")[0])


def _kind(leaf: Any) -> str:
    """Spark's type of a column, or a description that ``_problem`` refuses."""
    logical = json.loads(leaf.logical_type.to_json())
    name = logical["Type"]
    if leaf.path != leaf.name or leaf.max_repetition_level:
        return _NESTED
    if name == "Timestamp":
        return MOMENT if logical["isAdjustedToUTC"] else LOCAL_TIME
    if name == "Int":
        return _INTEGERS[logical["bitWidth"], logical["isSigned"]]
    if name == "Decimal":
        return f"decimal({logical['precision']},{logical['scale']})"
    if name == "Date":
        return "date"
    if name in _TEXTS:
        return "string"
    if name == "Null":
        return NOTHING
    if name in ("None", "Undefined") and leaf.physical_type in _PHYSICAL:
        return _PHYSICAL[leaf.physical_type]
    return f"{leaf.physical_type} values" if name in ("None", "Undefined") else f"{name} values"


def _problem(column: ContractColumn, kind: str) -> str | None:
    if kind == _TWICE:
        return "appears twice (names are not case-sensitive): remove one of them"
    if kind.endswith(" values"):
        return f"has {kind}, which the job cannot read: write text, numbers, booleans, dates or timestamps"
    wanted, is_number = column.logical_type, kind.partition("(")[0] in _NUMBERS
    if kind in ("string", NOTHING) or (wanted == "date" and kind == LOCAL_TIME):
        return None
    if wanted == "string" and not column.rules.layouts and (is_number or kind == "boolean"):
        return None
    if wanted == "timestamp" and kind in (MOMENT, LOCAL_TIME):
        if select_layout(column, kind):
            return None
        return (
            "has timestamps in UTC: give the contract a format with an offset (XXX)"
            if kind == MOMENT
            else "has timestamps without a zone: give the contract a format without an offset, and a timeZone"
        )
    if wanted == "timestamp" and is_number and any(layout.epoch_unit for layout in column.rules.layouts):
        return None
    fits = is_number if wanted in NUMERIC else kind == wanted and wanted in ("boolean", "date")
    return None if fits else f"has values of type {kind}, but the contract expects {wanted}"
