"""Whether a delivery has more bad rows than the contract's thresholds allow; if one has, nothing is published."""

from collections.abc import Sequence
from decimal import Decimal

from etl_job.contract.model import Thresholds
from etl_job.errors import ThresholdError
from etl_job.findings.wording import percents
from etl_job.manifest.model import DeliveryCounts


def check_thresholds(counted: Sequence[DeliveryCounts], thresholds: Thresholds) -> None:
    """Raise ThresholdError, with the most frequent reasons, for the first delivery with too many bad rows."""
    most = thresholds.quarantined_share
    for outcome in counted:
        if most is None or outcome.quarantined <= Decimal(str(most)) * outcome.rows_in:  # as the contract spells it
            continue
        reasons = sorted(outcome.violations.items(), key=lambda found: (-found[1], found[0]))[:3]
        are = "is" if outcome.quarantined == 1 else "are"
        found, allowed = percents(outcome.quarantined / outcome.rows_in, most)
        raise ThresholdError(
            f"delivery {outcome.delivery}: {outcome.quarantined} of {outcome.rows_in} rows {are} bad "
            f"({found}, thresholds.quarantinedShare allows {allowed}), most often "
            f"{', '.join(f'{name} ({count})' for name, count in reasons)}; nothing was published: "
            "correct the delivery, or the contract",
            outcome.delivery,
        )
