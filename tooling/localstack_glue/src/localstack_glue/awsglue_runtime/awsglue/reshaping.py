"""Changes to the fields of a frame, as pure functions on Spark frames.

Follows the page "DynamicFrame class" of the AWS Glue Developer Guide.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue import choices, fields_without_type, mapped_types, paths, records
from awsglue.case_of_names import by_spelling
from awsglue.errors import GlueDataError, unsupported
from awsglue.gluetypes import spark_type, type_name

LOG = logging.getLogger(__name__)
MAPPING_LENGTH, SHORT_MAPPING_LENGTH = 4, 2
_MOST_DIGITS = 38  # of Spark's decimals
_COMPARISONS = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "=": "eq", "!=": "ne"}


@by_spelling
def apply_mapping(frame: DataFrame, mappings: Sequence[Any], *, case_sensitive: bool = False) -> DataFrame:
    """Keep, rename, move and cast fields. Unmapped fields and missing sources are left out.

    Raises:
        GlueDataError: no mapped field exists, or a target is two fields, or a value and a struct.
    """
    if not frame.columns:
        return frame  # the bookmark left nothing to read
    values: list[tuple[paths.Path, Column]] = []
    sources: dict[paths.Path, paths.Path] = {}
    claims: list[mapped_types.Claim] = []
    for mapping in mappings:
        source, source_type, target, target_type = _four(mapping)
        names = paths.matching(frame.schema, paths.split(source), case_sensitive=case_sensitive)
        field = None if names is None else paths.field_at(frame.schema, names)
        paths.outside_arrays(frame.schema, source)
        if names is None or field is None:
            LOG.warning("apply_mapping: there is no field %s", source)
            continue
        if not choices.is_choice(field):
            claims.append((names, field, source_type, target_type))
        place = paths.split(target)
        if sources.setdefault(place, names) != names:
            raise GlueDataError(f"the mappings make {target} of {'.'.join(sources[place])} and of {'.'.join(names)}")
        values.append((place, _mapped(names, field, source_type, target_type)))
    mapped_types.check(frame, claims)
    places = {place for place, _ in values}
    for place in places:
        if any(place[:length] in places for length in range(1, len(place))):
            raise GlueDataError(f"the mappings make {'.'.join(place[:-1])} a value and a struct with {place[-1]}")
    if not values:
        raise GlueDataError("none of the mapped fields exists: the result would have no fields")
    return frame.select(*paths.assemble(values))


def casts(frame: DataFrame, mapped: DataFrame, mappings: Sequence[Any]) -> bool:
    """Whether a mapping gave a field another type, in which a value may have become null."""
    for mapping in mappings:
        source, target = paths.split(_four(mapping)[0]), paths.split(_four(mapping)[2])
        names = paths.matching(frame.schema, source, case_sensitive=False)
        before = None if names is None else paths.field_at(frame.schema, names)
        after = paths.field_at(mapped.schema, target)
        if before is not None and after is not None and before.dataType != after.dataType:
            return True
    return False


def _four(mapping: Any) -> tuple[str, str, str, str]:
    """A mapping in its full form. (source, target) keeps the type; (source, target, type) casts any type."""
    if not isinstance(mapping, tuple):
        raise TypeError(f"Mapping must be specified as a tuple. Got {mapping}")
    if len(mapping) == SHORT_MAPPING_LENGTH:
        return (mapping[0], "", mapping[1], "")
    if len(mapping) == SHORT_MAPPING_LENGTH + 1:
        return (str(mapping[0]), "", str(mapping[1]), str(mapping[2]))
    if len(mapping) != MAPPING_LENGTH:
        raise ValueError(f"Mapping tuple must be of length 2, 3, or 4. Got tuple of length {len(mapping)}")
    return (str(mapping[0]), str(mapping[1]), str(mapping[2]), str(mapping[3]))


def _mapped(names: paths.Path, field: T.StructField, source_type: str, target_type: str) -> Column:
    if not target_type:
        return paths.column(names)
    wanted = spark_type(target_type)
    if choices.is_choice(field):
        if not source_type:
            return choices.cast(paths.column(names), field, target_type)
        chosen = choices.project(paths.column(names), field, source_type)
        found = spark_type(source_type)
        return chosen if wanted is None or found is None else choices.converted(chosen, found, wanted)
    value = paths.column(names)
    return value if wanted is None or wanted == field.dataType else choices.converted(value, field.dataType, wanted)


@by_spelling
def drop_fields(frame: DataFrame, wanted: Iterable[str]) -> DataFrame:
    """Remove fields, also from the structs in arrays. Missing paths are not an error."""
    for path in wanted:
        if names := paths.split(path):
            frame = paths.without(frame, names)
    return frame


@by_spelling
def select_fields(frame: DataFrame, wanted: Iterable[str]) -> DataFrame:
    """Keep only the named fields, in the order of the names."""
    values = []
    for path in wanted:
        names = paths.outside_arrays(frame.schema, path)
        field = paths.field_at(frame.schema, names)
        if field is not None:
            values.append((names, _as_it_is(names)))
    return frame.select(*paths.assemble(values))


def _as_it_is(names: paths.Path) -> Column:
    return paths.column(names)


@by_spelling
def rename_field(frame: DataFrame, old: str, new: str) -> DataFrame:
    """Rename a field in place. A name with another parent moves it.

    Raises:
        GlueDataError: there is a field with the new name.
    """
    old_names, new_names = paths.outside_arrays(frame.schema, old), paths.split(new)
    field = paths.field_at(frame.schema, old_names)
    if field is None:
        return frame
    if old_names != new_names and paths.field_at(frame.schema, new_names) is not None:
        raise GlueDataError(f"renaming {old}: there is a field {new} already")
    value = paths.column(old_names)
    if old_names[:-1] == new_names[:-1]:
        renamed = value.alias(new_names[-1], metadata=field.metadata)
        return paths.replace(frame, old_names, [renamed])
    if len(new_names) > 1 and paths.field_at(frame.schema, new_names[:1]) is not None:
        unsupported(f"renaming {old} to {new}: moving a field into a struct that exists")
    added = paths.assemble([(new_names, value)])
    return paths.without(frame.select("*", *added), old_names)


@by_spelling
def split_rows(frame: DataFrame, comparisons: Mapping[str, Mapping[str, Any]]) -> tuple[DataFrame, DataFrame]:
    """The records that pass all comparisons, and the others, which are those with missing values too.

    Raises:
        GlueDataError: there is no field with such a path.
        GlueUnsupportedError: an operator is unknown, or the values of a field are of another kind than its value.
    """
    conditions = []
    for path, tests in comparisons.items():
        names = paths.matching(frame.schema, paths.split(path), case_sensitive=False)
        field = None if names is None else paths.field_at(frame.schema, names)
        if names is None or field is None:
            raise GlueDataError(f"split_rows: there is no field {path}")
        if choices.is_choice(field):
            unsupported(f"split_rows by the choice {path}", "resolve it first")
        for operator, value in tests.items():
            if operator not in _COMPARISONS:
                unsupported(f"the split_rows operator {operator}")
            mapped_types.check_comparable(f"split_rows of {path}:", field.dataType, records.infer(value))
            conditions.append(getattr(paths.column(names), f"__{_COMPARISONS[operator]}__")(value))
    passes = F.coalesce(reduce(lambda left, right: left & right, conditions, F.lit(True)), F.lit(False))
    return frame.where(passes), frame.where(~passes)


@by_spelling
def join(left: DataFrame, right: DataFrame, left_paths: Sequence[str], right_paths: Sequence[str]) -> DataFrame:
    """Join on equal values. Fields of the right side whose names exist on the left get a leading dot.

    Raises:
        ValueError: the numbers of paths differ, or there are none.
        GlueDataError: a path does not exist, or a name with a leading dot exists already.
        GlueUnsupportedError: keys that are compared have types of different kinds.
    """
    if not left_paths or len(left_paths) != len(right_paths):
        raise ValueError("join needs as many paths for one frame as for the other, and at least one")
    left_keys = [f"__left_key_{position}" for position in range(len(left_paths))]
    right_keys = [f"__right_key_{position}" for position in range(len(right_paths))]
    for name, path in zip(left_keys, left_paths, strict=True):
        left = left.withColumn(name, paths.column(_existing("join", left, path)))
    for name, path in zip(right_keys, right_paths, strict=True):
        right = right.withColumn(name, paths.column(_existing("join", right, path)))
    for one, other in zip(left_keys, right_keys, strict=True):
        mapped_types.check_comparable("a join of", left.schema[one].dataType, right.schema[other].dataType)
    for name in right.columns:
        if name in left.columns:
            if f".{name}" in (*left.columns, *right.columns):
                raise GlueDataError(f"join: there is a field .{name} already; rename the {name} of one frame")
            right = right.withColumnRenamed(name, f".{name}")
    conditions = [F.col(one) == F.col(other) for one, other in zip(left_keys, right_keys, strict=True)]
    return left.join(right, on=conditions, how="inner").drop(*left_keys, *right_keys)


def _existing(call: str, frame: DataFrame, path: str) -> paths.Path:
    names = paths.split(path)
    if paths.field_at(frame.schema, names) is None:
        raise GlueDataError(f"{call}: there is no field {path}")
    return names


@by_spelling
def merge(frame: DataFrame, staged: DataFrame, keys: Sequence[str]) -> DataFrame:
    """The staged records, and those of a frame whose keys are not staged.

    Raises:
        ValueError: there are no keys.
        GlueDataError: a key is not a field of both.
        GlueUnsupportedError: keys that are compared have types of different kinds.
    """
    if not keys:
        raise ValueError("mergeDynamicFrame needs at least one primary key")
    conditions, staged_keys = [], []
    for position, key in enumerate(keys):
        names, others = (_existing("mergeDynamicFrame", each, key) for each in (frame, staged))
        staged_keys.append(paths.column(others).alias(f"__key_{position}"))
        conditions.append(paths.column(names) == F.col(f"__key_{position}"))
    listed = staged.select(*staged_keys).distinct()
    for key, field in zip(keys, listed.schema.fields, strict=True):
        found = paths.field_at(frame.schema, paths.split(key))
        if found is not None:
            mapped_types.check_comparable("mergeDynamicFrame by keys of", found.dataType, field.dataType)
    untouched = frame.join(listed, on=reduce(lambda one, other: one & other, conditions), how="left_anti")
    return union(untouched, staged)


@by_spelling
def union(first: DataFrame, second: DataFrame) -> DataFrame:
    """All records of both frames. A field with two types becomes a choice."""
    for field in second.schema.fields:
        other = paths.field_at(first.schema, (field.name,))
        if other is None or (other.dataType == field.dataType and choices.is_choice(other) == choices.is_choice(field)):
            continue
        if choices.is_choice(other) or choices.is_choice(field):
            unsupported(f"the union of the choice {field.name}", "resolve it first")
        if isinstance(other.dataType, T.StructType) or isinstance(field.dataType, T.StructType):
            unsupported(f"the union of the field {field.name}, of different structs")
        if (wider := _wider(other.dataType, field.dataType)) is not None:
            first = first.withColumn(field.name, paths.column((field.name,)).cast(wider))
            second = second.withColumn(field.name, paths.column((field.name,)).cast(wider))
            continue
        both = sorted((other.dataType, field.dataType), key=str)
        if type_name(both[0]) == type_name(both[1]):
            unsupported(f"the union of the field {field.name}, of {' and '.join(kind.simpleString() for kind in both)}")
        first = paths.replace(first, (field.name,), [_as_choice(other, both)])
        second = paths.replace(second, (field.name,), [_as_choice(field, both)])
    return first.unionByName(second, allowMissingColumns=True)


def _wider(one: T.DataType, other: T.DataType) -> T.DataType | None:
    """A type that holds two integer types, fractional types or decimals, or one beside null; None for other pairs."""
    if isinstance(one, T.NullType) or isinstance(other, T.NullType):
        return other if isinstance(one, T.NullType) else one
    if isinstance(one, T.DecimalType) and isinstance(other, T.DecimalType):
        scale = max(one.scale, other.scale)
        precision = max(one.precision - one.scale, other.precision - other.scale) + scale
        return T.DecimalType(precision, scale) if precision <= _MOST_DIGITS else None
    if isinstance(one, T.IntegralType) and isinstance(other, T.IntegralType):
        return T.LongType()
    floats = (T.FloatType, T.DoubleType)
    return T.DoubleType() if isinstance(one, floats) and isinstance(other, floats) else None


def _as_choice(field: T.StructField, both: Sequence[T.DataType]) -> Column:
    struct = choices.choice_type(both)
    value = paths.column((field.name,))
    members = [
        (value if member.dataType == field.dataType else F.lit(None).cast(member.dataType)).alias(member.name)
        for member in struct.fields
    ]
    return F.when(value.isNotNull(), F.struct(*members)).cast(struct).alias(field.name, metadata=choices.METADATA)


@by_spelling
def drop_null_fields(frame: DataFrame) -> DataFrame:
    """Remove the fields that have no type because no record has a value for them."""
    return drop_fields(frame, [paths.quoted(names) for names in fields_without_type.fields(frame)])
