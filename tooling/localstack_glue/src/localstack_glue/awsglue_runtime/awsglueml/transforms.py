"""The machine learning transforms, which are refused by name."""

from awsglue.errors import refused


class EntityDetector:
    """Find sensitive data: not supported."""

    detect = refused("EntityDetector.detect")
    classify_columns = refused("EntityDetector.classify_columns")
    evaluate = refused("EntityDetector.evaluate")
    apply = refused("EntityDetector.apply")


class FindMatches:
    """Find matching records: not supported."""

    apply = refused("FindMatches.apply")


class FindIncrementalMatches:
    """Find matching records among new ones: not supported."""

    apply = refused("FindIncrementalMatches.apply")


class FillMissingValues:
    """Fill in missing values: not supported."""

    apply = refused("FillMissingValues.apply")
