"""Every row that was read must be accounted for, or nothing is published."""

from collections.abc import Sequence

from etl_job.errors import ReconciliationError
from etl_job.manifest.model import DeliveryCounts, Totals


def reconcile(rows_in: int, counted: Sequence[DeliveryCounts]) -> Totals:
    """Check that every row read is accounted for.

    Raises:
        ReconciliationError: rows are missing, or counted twice.
    """
    summed = ("kept", "quarantined", "duplicates", "conflicts", "warned")
    totals = Totals(rows_in=rows_in, **{name: sum(getattr(each, name) for each in counted) for name in summed})
    accounted = totals.kept + totals.quarantined + totals.duplicates
    if accounted != rows_in:
        raise ReconciliationError(
            f"{rows_in} rows were read, but {accounted} are accounted for (kept {totals.kept}, quarantined "
            f"{totals.quarantined}, duplicate {totals.duplicates}); nothing was published, run again"
        )
    return totals
