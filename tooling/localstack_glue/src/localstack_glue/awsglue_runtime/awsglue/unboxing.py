"""Unbox: parses a string field that holds JSON.

Follows the page "Unbox class" of the AWS Glue Developer Guide.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue import fields_without_type, paths
from awsglue.case_of_names import by_spelling, case_sensitive, differ_in_case
from awsglue.choices import holds_choice
from awsglue.errors import GlueDataError, unsupported
from awsglue.json_files import disagree, read_documents
from awsglue.records import ERROR_SCHEMA

_CORRUPT = "_corrupt_record"


@by_spelling
def unbox_json(frame: DataFrame, path: str, info: str = "") -> tuple[DataFrame, DataFrame | None]:
    """Parse a field with the schema of all its values. Records without valid JSON become error records.

    Raises:
        GlueDataError: there is no text field at this path.
    """
    if not frame.columns:
        return frame, None  # the bookmark left nothing to read
    names = paths.split(path)
    field = paths.field_at(frame.schema, names)
    if field is None or not isinstance(field.dataType, T.StringType):
        raise GlueDataError(f"unbox: there is no string field {path}")
    value = paths.column(names)
    texts = frame.select(value.alias("text")).where(value.isNotNull())
    with case_sensitive(frame.sparkSession):
        found = frame.sparkSession.read.json(texts.rdd.map(lambda row: row["text"])).schema
    if differ_in_case(found):
        unsupported(f"unbox of {path}, with keys that differ in case alone")
    if disagree(texts.select(F.col("text").alias("value")), found) and holds_choice(
        read_documents(frame.sparkSession, texts.rdd.map(lambda row: row["text"])).frame.schema
    ):
        unsupported(f"unbox of {path}, whose texts disagree about the type of a field", "use map and json.loads")
    members = T.StructType([member for member in found.fields if member.name != _CORRUPT])
    if not found.fields:
        return frame, None
    kinds = {row["array"] for row in texts.select(F.trim("text").startswith("[").alias("array")).distinct().collect()}
    if len(kinds) > 1:
        unsupported(f"unbox of {path}, which holds JSON objects and arrays")
    target: T.ArrayType | T.StructType = T.ArrayType(members) if kinds == {True} else members
    if _CORRUPT not in found.names:
        return _parsed(frame, names, target), None
    whole = T.StructType([*members.fields, T.StructField(_CORRUPT, T.StringType())])
    is_bad = value.isNotNull() & _is_bad(value, target, whole)
    good = frame.where(~is_bad)
    return _parsed(good, names, target), _errors(frame, is_bad, info)


def _parsed(frame: DataFrame, names: paths.Path, target: T.ArrayType | T.StructType) -> DataFrame:
    parsed = F.from_json(paths.column(names), target).alias(names[-1])
    return fields_without_type.mark(paths.replace(frame, names, [parsed]), names[0])


def _is_bad(value: Column, target: T.DataType, whole: T.StructType) -> Column:
    if isinstance(target, T.ArrayType):
        return F.from_json(value, target).isNull()
    parsed = F.from_json(value, whole, {"columnNameOfCorruptRecord": _CORRUPT})
    return F.coalesce(parsed.getField(_CORRUPT).isNotNull(), F.lit(True))


def _errors(frame: DataFrame, is_bad: Column, info: str) -> DataFrame:
    error = F.struct(
        F.lit(info).alias("callsite"),
        F.lit("Unable to parse the field as JSON").alias("msg"),
        F.lit("").alias("stackTrace"),
        F.to_json(F.struct(*(paths.column((name,)).alias(name) for name in frame.columns))).alias("dynamicRecord"),
    )
    return frame.where(is_bad).select(error.cast(ERROR_SCHEMA["error"].dataType).alias("error"))
