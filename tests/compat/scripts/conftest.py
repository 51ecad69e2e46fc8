"""Spark and the catalog as the unit tests of awsglue have them: one session for all scripts."""

from tests.unit.awsglue.conftest import glue, spark

__all__ = ["glue", "spark"]
