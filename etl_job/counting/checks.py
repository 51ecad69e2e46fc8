"""What must hold before a run publishes: every row is accounted for, and no delivery has too many bad ones."""

from collections.abc import Sequence
from decimal import Decimal

from etl_job.contract.model import Thresholds
from etl_job.errors import ReconciliationError, ThresholdError
from etl_job.findings.wording import percents, rules
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


def check_thresholds(counted: Sequence[DeliveryCounts], thresholds: Thresholds) -> None:
    """Raise ThresholdError, with the most frequent reasons, for the first delivery with too many bad rows."""
    most = thresholds.quarantined_share
    for outcome in counted:
        if most is None or outcome.quarantined <= Decimal(str(most)) * outcome.rows_in:  # as the contract spells it
            continue
        are = "is" if outcome.quarantined == 1 else "are"
        found, allowed = percents(outcome.quarantined / outcome.rows_in, most)
        raise ThresholdError(
            f"delivery {outcome.delivery}: {outcome.quarantined} of {outcome.rows_in} rows {are} bad "
            f"({found}, thresholds.quarantinedShare allows {allowed}), most often {rules(outcome.violations)}; nothing "
            "was published: correct the delivery, or the contract",
            outcome.delivery,
        )
