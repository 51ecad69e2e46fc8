"""The properties of Iceberg tables: Athena takes those of a list, and passes some on in Iceberg's own words.

https://docs.aws.amazon.com/athena/latest/ug/querying-iceberg-creating-tables.html#querying-iceberg-table-properties
"""

from collections.abc import Mapping
from typing import Any

from localstack_glue.athena.engine.errors import QueryFailedError

_NUMBERS = (
    "compression_level",
    "write_target_data_file_size_bytes",
    "optimize_rewrite_min_data_file_size_bytes",
    "optimize_rewrite_max_data_file_size_bytes",
    "optimize_rewrite_data_file_threshold",
    "optimize_rewrite_delete_file_threshold",
    "vacuum_min_snapshots_to_keep",
    "vacuum_max_snapshot_age_seconds",
    "vacuum_max_metadata_files_to_keep",
)
PROPERTIES = frozenset((*_NUMBERS, "format", "write_compression", "write.data.path", "write.object-storage.path"))
_CODECS = {"ZSTD": "zstd", "GZIP": "gzip", "SNAPPY": "snappy", "NONE": "uncompressed", "UNCOMPRESSED": "uncompressed"}


def stored_properties(passed: Mapping[str, Any]) -> dict[str, str]:
    """What a table's metadata keeps of the properties that a statement passes.

    Raises:
        QueryFailedError: one is not in Athena's list, or has a value that Athena does not take.
    """
    found: dict[str, str] = {}
    for name, given in passed.items():
        value = str(given)
        if name not in PROPERTIES:
            raise QueryFailedError("INVALID_TABLE_PROPERTY", f"line 1:1: Unsupported table property key: {name}")
        if name in _NUMBERS and not value.isdigit():
            raise QueryFailedError("INVALID_TABLE_PROPERTY", f"line 1:1: {name} must be a whole number, not '{value}'")
        if name == "format" and value.lower() != "parquet":
            raise QueryFailedError("NOT_SUPPORTED", f"writing Iceberg tables of {value} is not supported here")
        found[name] = value
        if name == "write_compression":
            if value.upper() not in _CODECS:
                raise QueryFailedError("INVALID_TABLE_PROPERTY", f"line 1:1: Parquet has no compression {value}")
            found["write.parquet.compression-codec"] = _CODECS[value.upper()]
        elif name == "compression_level":
            found["write.parquet.compression-level"] = value
    return found
