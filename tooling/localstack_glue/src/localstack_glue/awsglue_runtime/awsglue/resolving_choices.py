"""DynamicFrame's resolveChoice: choices become one type, several columns or a struct.

Follows the page "DynamicFrame class" of the AWS Glue Developer Guide.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import types as T

from awsglue import choices, paths
from awsglue.case_of_names import by_spelling
from awsglue.errors import GlueDataError, unsupported
from awsglue.gluetypes import spark_type

LOG = logging.getLogger(__name__)


@by_spelling
def resolve_choice(frame: DataFrame, specs: Iterable[tuple[str, str]]) -> DataFrame:
    """Resolve choices field by field: `cast:TYPE`, `project:TYPE`, `make_cols`, `make_struct`."""
    for path, action in specs:
        check_action(action)
        if paths.ARRAY in path:
            frame = _resolved_in_array(frame, path, action)
            continue
        names = paths.split(path)
        field = paths.field_at(frame.schema, names)
        if field is None:
            LOG.warning("resolveChoice: there is no field %s", path)
            continue
        frame = _resolved(frame, names, field, action)
    return frame


def check_action(action: str) -> None:
    """Refuse an action that does not exist, also where there is no choice to resolve.

    Raises:
        GlueUnsupportedError: the action, or its type, is unknown.
    """
    kind, _, target = action.partition(":")
    if kind.lower() in {"cast", "project"} and target:
        spark_type(target)
    elif action.lower() not in {"make_cols", "make_struct", "keep_as_struct"}:
        unsupported(f"the resolveChoice action {action}")


def _resolved_in_array(frame: DataFrame, path: str, action: str) -> DataFrame:
    kind, _, target = action.partition(":")
    actions: dict[str, paths.Change] = {
        "cast": lambda value, field: choices.cast(value, field, target),
        "project": lambda value, field: choices.project(value, field, target),
        "make_struct": lambda value, _: value,
        "keep_as_struct": lambda value, _: value,
    }
    if kind.lower() not in actions:
        unsupported(f"the resolveChoice action {action} at {path}, inside an array")
    changed = paths.changed(frame, path, actions[kind.lower()])
    if changed is None:
        LOG.warning("resolveChoice: there is no field %s", path)
        return frame
    return changed


def with_options(frame: DataFrame, options: Sequence[Any]) -> DataFrame:
    """Resolve choices by the options of `toDF`.

    Raises:
        ValueError: an option has an unknown action, or no target.
    """
    for option in options:
        action = option.action.upper()
        if action not in {"PROJECT", "KEEPASSTRUCT"}:
            raise ValueError(f"Invalid resolve action {option.action}. Action must be one of KeepAsStruct and Project.")
        if action == "PROJECT" and option.target is None:
            raise ValueError("Target type must be specified with project action.")
        spec = f"project:{_target_name(option.target)}" if action == "PROJECT" else "make_struct"
        frame = resolve_choice(frame, [(option.path, spec)])
    return frame


def _target_name(target: Any) -> str:
    named = getattr(target, "typeName", None) or getattr(target, "name", None)
    return str(named() if callable(named) else named or target)


@by_spelling
def resolve_all(frame: DataFrame, action: str) -> DataFrame:
    """Resolve all choices in the same way, also those inside structs and arrays."""
    check_action(action)
    return resolve_choice(frame, [(path, action) for path in paths.holding(frame.schema, choices.is_choice)])


def _resolved(frame: DataFrame, names: paths.Path, field: T.StructField, action: str) -> DataFrame:
    """A frame with one choice resolved; GlueDataError if a name would occur twice."""
    kind, _, target = action.partition(":")
    match kind.lower():
        case "cast":
            cast = choices.cast(paths.column(names), field, target)
            columns = [cast.alias(field.name, metadata=choices.PLAIN)]
        case "project":
            projected = choices.project(paths.column(names), field, target)
            columns = [projected.alias(field.name, metadata=choices.PLAIN)]
        case "make_struct" | "keep_as_struct" if choices.is_choice(field):
            columns = [paths.column(names).alias(field.name, metadata=choices.PLAIN)]
        case "make_cols" if choices.is_choice(field):
            columns = choices.as_columns(names, field)
        case "make_struct" | "keep_as_struct" | "make_cols":
            return frame
        case _:
            raise AssertionError(action)  # checked before
    changed = paths.replace(frame, names, columns)
    parent = paths.field_at(changed.schema, names[:-1]) if len(names) > 1 else None
    siblings = changed.schema if parent is None else parent.dataType
    if isinstance(siblings, T.StructType) and (twice := paths.repeated(siblings.names)):
        raise GlueDataError(f"{action}: two fields would be called {', '.join(twice)}; rename one")
    return changed


@by_spelling
def match_schema(frame: DataFrame, wanted: Mapping[str, str]) -> DataFrame:
    """Cast fields to the types that a catalog table has for them."""
    for name, target in wanted.items():
        names = paths.matching(frame.schema, (name,), case_sensitive=False)
        if names is not None:
            matched = choices.cast(paths.column(names), frame.schema[names[0]], target)
            frame = paths.replace(frame, names, [matched.alias(names[0], metadata=choices.PLAIN)])
    return frame
