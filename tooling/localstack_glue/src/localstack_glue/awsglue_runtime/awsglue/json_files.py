"""JSON files that are read by their paths.

Follows the page "Using the JSON format in AWS Glue" of the AWS Glue Developer Guide. A field whose records disagree
about its type is a choice. Spark's reader makes a text or a fraction of it and cannot say so; files with such a field,
or with text that is not JSON, are therefore read record by record.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pyspark import RDD, StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue import fields_without_type, json_tables, missing_fields, records
from awsglue.case_of_names import case_sensitive, differ_in_case
from awsglue.choices import is_choice
from awsglue.content import Content

NO_OBJECT = "The JSON is not an object"
_CORRUPT = "_corrupt_record"
_OF_TEXTS, _OF_FRACTIONS = r"[-0-9tf{\[]", r"-?\d+(?![\d.eE])"  # how values of another type begin


def read(session: SparkSession, files: Sequence[str], options: Mapping[str, str]) -> Content:
    """Read the records of files, and as errors the texts that are not records."""
    if options["multiLine"] == "true":  # Spark would read the first document of a file only
        return read_documents(session, _documents(session, files, options))
    with case_sensitive(session):  # Spark would lose the values of all but one spelling of a name
        frame = session.read.format("json").options(**options).load(list(files))
    lines = session.read.format("text").options(**options).load(list(files))
    if _CORRUPT in frame.columns:
        return _by_record(session, _documents(session, files, options), lines)
    if differ_in_case(frame.schema) or disagree(lines, frame.schema):
        return _by_record(session, lines.rdd.map(lambda row: row[0]), lines)
    return Content(fields_without_type.mark(frame), lacking=missing_fields.of_lines(lambda: lines))


def read_documents(session: SparkSession, documents: RDD[str]) -> Content:
    """Read the records of texts, and as errors those that are not records."""
    documents = documents.persist(StorageLevel.MEMORY_AND_DISK)
    with case_sensitive(session):
        frame = session.read.json(documents)
    lines = session.createDataFrame(documents.map(lambda text: (text,)), "value string", verifySchema=False)
    if _CORRUPT in frame.columns or differ_in_case(frame.schema) or disagree(lines, frame.schema):
        return _by_record(session, documents, lines)
    return Content(fields_without_type.mark(frame), lacking=missing_fields.of_lines(lambda: lines))


def _documents(session: SparkSession, files: Sequence[str], options: Mapping[str, str]) -> RDD[str]:
    """The documents of files, over several lines too; the lines of a file that does not consist of documents."""
    texts = session.read.format("text").options(**options).option("wholetext", "true").load(list(files))
    rows = texts.withColumnRenamed("value", json_tables.LINE).rdd
    return rows.flatMap(json_tables.split_documents).map(lambda row: row[0])


def disagree(texts: DataFrame, schema: T.StructType) -> bool:
    """Whether a field of texts or fractions may have values of other types too. Fields are told apart by name only."""
    patterns = []
    for kind, begins in ((T.StringType, _OF_TEXTS), (T.DoubleType, _OF_FRACTIONS)):
        names = {
            names[-1] for field in schema.fields for names in fields_without_type.leaves(field, (field.name,), kind)
        }
        if names:
            patterns.append(rf'"(?:{"|".join(sorted(map(re.escape, names)))})"\s*:\s*{begins}')
    return bool(patterns) and bool(texts.where(F.col("value").rlike("|".join(patterns))).take(1))


def _by_record(session: SparkSession, texts: RDD[str], lines: DataFrame) -> Content:
    parsed = texts.flatMap(_parsed).persist(StorageLevel.MEMORY_AND_DISK)
    found = parsed.filter(lambda outcome: outcome[0]).map(lambda outcome: outcome[1])
    failed = parsed.filter(lambda outcome: not outcome[0]).map(lambda outcome: outcome[1])
    errors = session.createDataFrame(failed, records.ERROR_SCHEMA, verifySchema=False)
    frame = records.to_frame(session, found, adapt=_with_long_numbers)
    return Content(frame, errors, missing_fields.of_lines(lambda: lines))


def _parsed(text: str) -> Iterator[tuple[bool, Any]]:
    """The records of a text, each as (True, record), or (False, error record)."""
    if not text.strip("\ufeff \t\r\n"):
        return
    try:
        value = json.loads(text.lstrip("\ufeff"), strict=False)
    except (ValueError, RecursionError) as error:
        yield False, (("", f"Unable to parse the record as JSON: {error}", "", text),)
        return
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            yield True, item
        else:
            yield False, (("", NO_OBJECT, "", json.dumps(item)),)


def _with_long_numbers(kind: T.DataType) -> T.DataType:
    """Whole numbers as Spark's reader types them. In a choice they keep the type that they have on AWS."""
    if isinstance(kind, T.IntegerType):
        return T.LongType()
    if isinstance(kind, T.ArrayType):
        return T.ArrayType(_with_long_numbers(kind.elementType))
    if isinstance(kind, T.StructType):
        return T.StructType([member if is_choice(member) else _with_long_field(member) for member in kind.fields])
    return kind


def _with_long_field(field: T.StructField) -> T.StructField:
    return T.StructField(field.name, _with_long_numbers(field.dataType), metadata=field.metadata)
