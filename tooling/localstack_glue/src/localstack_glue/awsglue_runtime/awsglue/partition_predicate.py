"""Selects partitions of a catalog table by a push-down predicate.

Follows the page "Managing partitions for ETL output" of the AWS Glue Developer Guide.
"""

from collections.abc import Sequence

from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue.catalog import Partition, Table
from awsglue.errors import GlueDataError
from awsglue.gluetypes import concrete_type
from awsglue.spark_versions import cast_or_null


def matching_partitions(
    session: SparkSession, table: Table, partitions: Sequence[Partition], predicate: str
) -> list[Partition]:
    """Select partitions by a Spark SQL expression over the partition keys.

    Raises:
        GlueDataError: the expression cannot be evaluated.
    """
    if not predicate or not partitions:
        return list(partitions)
    names = [key.name for key in table.partition_keys]
    rows = [(position, *partition.read_values) for position, partition in enumerate(partitions)]
    texts = [T.StructField(name, T.StringType()) for name in names]
    frame = session.createDataFrame(rows, T.StructType([T.StructField("__position", T.IntegerType()), *texts]))
    typed = frame.select(
        "__position",
        *(
            cast_or_null(F.col(f"`{key.name}`"), concrete_type(key.type)).alias(key.name)
            for key in table.partition_keys
        ),
    )
    try:
        kept = typed.where(predicate).select("__position").collect()
    except AnalysisException as error:
        raise GlueDataError(f"push_down_predicate {predicate!r}: {error}") from error
    return [partitions[row["__position"]] for row in sorted(kept)]
