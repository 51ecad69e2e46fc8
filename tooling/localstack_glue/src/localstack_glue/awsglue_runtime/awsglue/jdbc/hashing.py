"""The parts of a table that parallel queries read. Together they read each row once, including nulls."""

from collections.abc import Mapping, Sequence
from typing import Any

from awsglue.errors import GlueDataError, unsupported
from awsglue.jdbc.vendors import Vendor

DEFAULT_PARTITIONS = 7


def conditions(vendor: Vendor, options: Mapping[str, Any], columns: Sequence[str]) -> list[str]:
    """The WHERE condition of each query, by `hashfield` or `hashexpression`; none if one query reads everything.

    Raises:
        GlueDataError: both options are set.
    """
    column, expression = options.get("hashfield"), options.get("hashexpression")
    if column and expression:
        raise GlueDataError("hashfield and hashexpression are both set: choose one")
    if not column and not expression:
        return []
    count = _count(options.get("hashpartitions"))
    if column and not vendor.hashed:
        unsupported(f"hashfield with {vendor.name}", "use hashexpression")
    number = vendor.hashed.format(column=quoted(vendor, named(str(column), columns))) if column else f"({expression})"
    number = f"coalesce({number}, 0)"
    rest = f"({number} % {count})" if vendor.name == "sqlserver" else f"mod({number}, {count})"
    if count == 1:
        return []
    # an expression may give fractions, which equal no position: the last query reads them
    positions = [str(position) for position in range(count - 1)]
    return [*(f"abs({rest}) = {position}" for position in positions), f"abs({rest}) not in ({', '.join(positions)})"]


def _count(partitions: Any) -> int:
    if partitions is None or partitions == "":
        return DEFAULT_PARTITIONS
    try:
        count = int(partitions)
    except (TypeError, ValueError):
        count = 0
    if count < 1:
        raise GlueDataError(f"hashpartitions is {partitions}; use a whole number of at least 1")
    return count


def named(column: str, columns: Sequence[str], option: str = "hashfield") -> str:
    """A column in the table's own spelling; an exact match comes before one in another case.

    Raises:
        GlueDataError: the table has no such column.
    """
    if column in columns:
        return column
    found = [each for each in columns if each.lower() == column.lower()]
    if len(found) != 1:
        raise GlueDataError(f"{option}: there is no column {column}; the columns are {', '.join(columns)}")
    return found[0]


def quoted(vendor: Vendor, name: str) -> str:
    """Quote a name for the database."""
    return f"{vendor.quote}{name.replace(vendor.quote, vendor.quote * 2)}{vendor.quote}"
