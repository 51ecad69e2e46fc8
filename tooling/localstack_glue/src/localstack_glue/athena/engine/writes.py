"""Writes the results of queries: CREATE TABLE AS, INSERT INTO and UNLOAD, as files in S3 and tables of the catalog."""

import base64
import gzip
import io
import json
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pyarrow
import pyarrow.compute
import pyarrow.orc
import pyarrow.parquet

from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.serdes.files import NULL_PARTITION
from localstack_glue.serdes.java_numbers import double_text

MAX_NEW_PARTITIONS = 100
_MARK = "\0\1"  # around a number whose digits JSON is to keep
_EXACT = re.compile(r'"\\u0000\\u0001(-?[0-9.]+)\\u0000\\u0001"')
_SPECIAL = re.compile(r"[\x00-\x1f\"#%'*/:=?\\\x7f{\[\]^]")
_PARQUET_CODECS = {
    "": "gzip",
    "SNAPPY": "snappy",
    "GZIP": "gzip",
    "ZSTD": "zstd",
    "LZ4": "lz4",
    "NONE": "none",
    "UNCOMPRESSED": "none",
}
_ORC_CODECS = {"": "zlib", "ZLIB": "zlib", "SNAPPY": "snappy", "ZSTD": "zstd", "LZ4": "lz4", "NONE": "uncompressed"}


@dataclass(frozen=True, slots=True)
class Target:
    """The destination and format of written rows.

    Attributes:
        location: the folder in S3.
        format: PARQUET, ORC, JSON or TEXTFILE.
        compression: its name in SQL; empty for the format's own.
        partition_keys: the columns that become folders.
        serde_parameters: of a text table: its delimiters.
        compression_level: of ZSTD; None for its default.
    """

    location: str
    format: str
    compression: str
    partition_keys: tuple[str, ...] = ()
    serde_parameters: Mapping[str, str] | None = None
    compression_level: int | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """The written files, and their partitions with values in the catalog's form."""

    files: tuple[str, ...]
    partitions: tuple[tuple[tuple[str, ...], str], ...]
    rows: int


def write(
    s3: Any,
    target: Target,
    rows: pyarrow.Table,
    places: Mapping[tuple[str, ...], str] | None = None,
    encryption: Mapping[str, str] | None = None,
) -> Written:
    """Write rows; after an error, what was written is removed again.

    Args:
        s3: a boto3 client.
        target: the location and the format.
        rows: the rows to write.
        places: folders of the existing partitions.
        encryption: of the files, as PutObject takes it.

    Raises:
        QueryFailedError: the format is not supported here, or there are too many partitions.
    """
    _check(target)
    groups = _by_partition(rows, target.partition_keys)
    if len(groups) > MAX_NEW_PARTITIONS:
        raise QueryFailedError(
            "HIVE_TOO_MANY_OPEN_PARTITIONS",
            f"Exceeded limit of {MAX_NEW_PARTITIONS} open writers for partitions/buckets",
        )
    keys: list[tuple[str, str]] = []
    partitions = []
    try:
        for values, group in groups:
            named = zip(target.partition_keys, values, strict=True)
            folder = target.location.rstrip("/") + "/" + "".join(f"{name}={escaped(value)}/" for name, value in named)
            folder = (places or {}).get(values, folder).rstrip("/") + "/"
            if group.num_rows or not target.partition_keys:
                bucket, prefix = bucket_and_key(folder)
                key = f"{prefix}{uuid.uuid4().hex}{_suffix(target)}"
                s3.put_object(Bucket=bucket, Key=key, Body=_content(target, group), **(encryption or {}))
                keys.append((bucket, key))
            if target.partition_keys:
                partitions.append((values, folder))
    except Exception:
        for bucket, key in keys:
            s3.delete_object(Bucket=bucket, Key=key)
        raise
    files = tuple(f"s3://{bucket}/{key}" for bucket, key in keys)
    return Written(files, tuple(dict(partitions).items()), rows.num_rows)  # an empty text and null share one


def escaped(value: str) -> str:
    """A partition's value in the name of its folder, as Hive writes it."""
    return _SPECIAL.sub(lambda found: f"%{ord(found[0]):02X}", value)


def unescaped(value: str) -> str:
    """A partition's value from the name of its folder."""
    return re.sub("%([0-9A-Fa-f]{2})", lambda found: chr(int(found[1], 16)), value)


def is_empty(s3: Any, location: str) -> bool:
    """Whether there are no objects below a location."""
    bucket, prefix = bucket_and_key(location.rstrip("/") + "/")
    return not s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1).get("KeyCount")


def bucket_and_key(location: str) -> tuple[str, str]:
    """The two parts of an S3 URI."""
    parts = urlsplit(location)
    return parts.netloc, parts.path.lstrip("/")


def _check(target: Target) -> None:
    known = {"PARQUET": _PARQUET_CODECS, "ORC": _ORC_CODECS}.get(target.format, {"": "", "GZIP": "", "NONE": ""})
    if target.format not in ("PARQUET", "ORC", "JSON", "TEXTFILE"):
        raise QueryFailedError("NOT_SUPPORTED", f"the format {target.format} is not supported here")
    if target.compression not in known:
        raise QueryFailedError("NOT_SUPPORTED", f"{target.format} with {target.compression} is not supported here")


def _by_partition(rows: pyarrow.Table, keys: Sequence[str]) -> list[tuple[tuple[str, ...], pyarrow.Table]]:
    if not rows.num_rows:
        return []  # Trino writes no file in this case
    if not keys:
        return [((), rows)]
    own = [name for name in rows.column_names if name not in keys]
    distinct = rows.select(list(keys)).group_by(list(keys)).aggregate([]).to_pylist()
    groups = []
    for entry in distinct:
        mask = None
        for key in keys:
            column = rows[key]
            same = pyarrow.compute.is_null(column) if entry[key] is None else pyarrow.compute.equal(column, entry[key])
            mask = same if mask is None else pyarrow.compute.and_kleene(mask, same)
        groups.append((tuple(_partition_text(entry[key]) for key in keys), rows.filter(mask).select(own)))
    return sorted(groups, key=lambda group: group[0])


def _partition_text(value: Any) -> str:
    if value is None or value == "":  # Hive keeps no empty one
        return NULL_PARTITION
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat(" ") if isinstance(value, datetime) else str(value)


def _suffix(target: Target) -> str:
    if target.format in ("PARQUET", "ORC"):
        return f".{target.format.lower()}"
    packed = "" if target.compression == "NONE" else ".gz"
    return f".{'json' if target.format == 'JSON' else 'txt'}{packed}"


def _content(target: Target, rows: pyarrow.Table) -> bytes:
    out = io.BytesIO()
    if target.format == "PARQUET":
        # as Trino writes timestamps for Hive: PyAthena's own tests expect them so
        pyarrow.parquet.write_table(
            rows,
            out,
            compression=_PARQUET_CODECS[target.compression],
            compression_level=target.compression_level,
            use_deprecated_int96_timestamps=True,
        )
        return out.getvalue()
    if target.format == "ORC":
        pyarrow.orc.write_table(rows, out, compression=_ORC_CODECS[target.compression])
        return out.getvalue()
    lines = _json_lines(rows) if target.format == "JSON" else _text_lines(rows, target.serde_parameters or {})
    text = "".join(f"{line}\n" for line in lines).encode()
    return text if target.compression == "NONE" else gzip.compress(text, mtime=0)


def _json_lines(rows: pyarrow.Table) -> Iterable[str]:
    for row in rows.to_pylist():
        line = json.dumps(
            {name: _plain(value) for name, value in row.items()}, ensure_ascii=False, separators=(",", ":")
        )
        yield _EXACT.sub(lambda found: found[1], line)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):  # its digits, which a float would not keep
        return f"{_MARK}{value:f}{_MARK}"
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ", "milliseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        raise QueryFailedError("NOT_SUPPORTED", "varbinary in JSON is not supported here")
    if isinstance(value, list):
        is_map = value and all(isinstance(item, tuple) for item in value)
        return {str(key): _plain(item) for key, item in value} if is_map else [_plain(item) for item in value]
    return {key: _plain(item) for key, item in value.items()} if isinstance(value, dict) else value


def _text_lines(rows: pyarrow.Table, parameters: Mapping[str, str]) -> Iterable[str]:
    delimiter = parameters.get("field.delim") or "\x01"
    null = parameters.get("serialization.null.format", "\\N")
    escape = parameters.get("escape.delim", "")
    levels = [delimiter, parameters.get("collection.delim") or "\x02", parameters.get("mapkey.delim") or "\x03", "\x04"]
    for row in zip(*(column.to_pylist() for column in rows.columns), strict=True):
        yield delimiter.join(_text(value, levels, 1, null, escape) for value in row)


def _text(value: Any, levels: Sequence[str], level: int, null: str, escape: str) -> str:
    if value is None:
        return null
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return double_text(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ")
    if isinstance(value, dict):
        return levels[level].join(_text(item, levels, level + 1, null, escape) for item in value.values())
    if isinstance(value, list):
        parts = []
        for item in value:
            if isinstance(item, tuple):
                pair = (_text(part, levels, level + 2, null, escape) for part in item)
                parts.append(levels[level + 1].join(pair))
            else:
                parts.append(_text(item, levels, level + 1, null, escape))
        return levels[level].join(parts)
    text = base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
    if escape:
        for special in (escape, *levels[:level], "\n"):
            text = text.replace(special, escape + special)
    return text
