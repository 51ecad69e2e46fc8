"""Tables of the Data Catalog that a crawler created from tables of a database."""

from collections.abc import Mapping
from typing import Any

from awsglue.errors import GlueDataError, unsupported
from awsglue.jdbc.vendors import VENDORS

_HASHED = ("hashfield", "hashexpression")


def _kind(raw: Mapping[str, Any]) -> str:
    return str((raw.get("Parameters") or {}).get("classification", "")).lower()


def is_jdbc(raw: Mapping[str, Any]) -> bool:
    """Whether a table belongs to a database, by its classification."""
    if _kind(raw) == "redshift":
        unsupported(f"the table {raw['Name']} of Amazon Redshift")
    return _kind(raw) in VENDORS


def connection_options(raw: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The connection type of such a table, and the options for reading or writing it.

    Raises:
        GlueDataError: the table names no connection, or its location no table of the database.
    """
    parameters: Mapping[str, str] = raw.get("Parameters") or {}
    storage = raw.get("StorageDescriptor") or {}
    name = parameters.get("connectionName")
    if not name:
        raise GlueDataError(f"the table {raw['Name']} is of {_kind(raw)} and has no connectionName")
    database, _, table = str(storage.get("Location") or "").partition(".")
    if not table:
        raise GlueDataError(f"the table {raw['Name']} has the location {database!r}, not DATABASE.SCHEMA.TABLE")
    options: dict[str, Any] = {"connectionName": name, "database": database, "dbtable": table}
    parallel = (*_HASHED, "hashpartitions")
    return _kind(raw), options | {key: parameters[key] for key in parallel if parameters.get(key)}


def with_call(options: Mapping[str, Any], call_options: Mapping[str, Any]) -> dict[str, Any]:
    """A table's options, overridden by those of a call. A call's hashfield or hashexpression replaces either."""
    divides = any(call_options.get(key) for key in _HASHED)
    return {**{key: value for key, value in options.items() if not (divides and key in _HASHED)}, **call_options}
