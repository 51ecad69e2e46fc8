"""The part of the AWS Glue Python library that scripts commonly use, over plain Spark DataFrames.

Written from the public reference: AWS Glue Developer Guide, "AWS Glue PySpark extensions reference" and
"AWS Glue PySpark transforms reference". Unsupported features raise `GlueUnsupportedError`, which names them.
"""

from typing import Any

from awsglue.errors import GlueArgumentError, GlueDataError, GlueUnsupportedError

__all__ = ["DynamicFrame", "GlueArgumentError", "GlueContext", "GlueDataError", "GlueUnsupportedError"]


def __getattr__(name: str) -> Any:
    """Import modules that need Spark on demand: a Python shell job uses `awsglue.utils` without Spark."""
    if name == "DynamicFrame":
        from awsglue.dynamicframe import DynamicFrame

        return DynamicFrame
    if name == "GlueContext":
        from awsglue.context import GlueContext

        return GlueContext
    raise AttributeError(f"module 'awsglue' has no attribute {name!r}")
