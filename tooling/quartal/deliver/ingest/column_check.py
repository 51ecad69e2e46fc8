"""Compares the columns of an ingest's source with the contract, before anything is read."""

from __future__ import annotations

from quartal.contracts.model import Contract, FileFormat
from quartal.core.errors import ConfigurationError
from quartal.deliver.ingest.relation import Relation


def check_columns(relation: Relation, contract: Contract) -> None:
    """Check the columns against the contract; a key that the contract does not have is read, but not delivered.

    Raises:
        ConfigurationError: a required column is missing, a column is not in the contract, or the contract asks for JSON
            lines.
    """
    if contract.files.format is FileFormat.JSON_LINES:
        raise ConfigurationError(
            f"The contract of {contract.dataset} requires JSON lines, but ingest writes CSV or Parquet.",
            remedy="Deliver files with quartal upload, or give the rows of the database a dataset of their own.",
        )
    known = {column.name_in_file for column in contract.columns}
    # without a header a value's position is its column, so none may be left out
    needed = [column.name_in_file for column in contract.columns if column.required or not contract.csv.header]
    missing = [name for name in needed if name not in relation.columns]
    extra = [name for name in relation.columns if name not in known and name not in relation.key]
    problems = [
        f"{what} {', '.join(names)}"
        for what, names in (("lacks", missing), ("has, unknown to the contract,", extra))
        if names
    ]
    if problems:
        wanted = ", ".join(column.name_in_file for column in contract.columns)
        raise ConfigurationError(
            f"{relation.reads} does not fit the contract of {contract.dataset}: it {' and '.join(problems)}. "
            "Nothing was sent.",
            remedy=f"Select with --query what the contract names: {wanted}. Use `as` where a name differs.",
        )
