"""The data quality transforms: refused by name."""

from awsglue.errors import refused


class EvaluateDataQuality:
    """Evaluate rules written in DQDL: not supported."""

    apply = refused("EvaluateDataQuality.apply")
    process_rows = refused("EvaluateDataQuality.process_rows")

    def __call__(self) -> "EvaluateDataQuality":
        """Scripts call `EvaluateDataQuality().process_rows(...)`."""
        return self
