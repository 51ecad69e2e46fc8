"""Schema drift: how the columns of a crawled table differ from the contract's."""

from collections.abc import Sequence

from etl_job.contract.model import Contract
from etl_job.manifest.model import DriftRecord


def find_drift(columns: Sequence[str], contract: Contract) -> DriftRecord | None:
    """The differences between the crawled table and the contract, regardless of case; None if there are none.

    None of them stops a run: new columns are left out, missing optional ones count as missing values, and the order
    does not matter, because columns are found by name.
    """
    promised = [column.name_in_file.lower() for column in contract.columns]
    new = tuple(name for name in columns if name not in promised)
    missing = tuple(name for name in promised if name not in columns)
    shared = [name for name in columns if name in promised]
    other_order = shared != [name for name in promised if name in columns]
    return DriftRecord(new=new, missing=missing, other_order=other_order) if new or missing or other_order else None
