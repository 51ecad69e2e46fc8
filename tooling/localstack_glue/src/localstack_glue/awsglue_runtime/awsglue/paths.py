"""Field paths: `a.b` names a field of a struct; back-ticks quote names with dots."""

import re
from collections.abc import Callable, Iterable, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue.errors import unsupported

Path = tuple[str, ...]
ARRAY = "[]"
_PART = re.compile(r"`([^`]*)`|([^.`]+)")


def split(path: str) -> Path:
    """Split a path into its names."""
    if ARRAY in path:
        unsupported(f"the array path {path}")
    return tuple(quoted or plain for quoted, plain in _PART.findall(path))


def matching(schema: T.StructType, names: Path, *, case_sensitive: bool = True) -> Path | None:
    """The names on the path to a field in the schema's spelling, or None. Exact matches come first."""
    spelled: list[str] = []
    here: T.DataType = schema
    for name in names:
        if not isinstance(here, T.StructType):
            return None
        found = [other for other in here.names if other == name]
        if not found and not case_sensitive:
            found = [other for other in here.names if other.lower() == name.lower()]
        if not found:
            return None
        spelled.append(found[0])
        here = here[found[0]].dataType
    return tuple(spelled)


def repeated(names: Sequence[str]) -> list[str]:
    """The names that occur more than once."""
    return sorted({name for name in names if list(names).count(name) > 1})


def quoted(names: Iterable[str]) -> str:
    """Quote names for Spark."""
    return ".".join(f"`{name}`" for name in names)


def column(names: Path) -> Column:
    """The column at a path."""
    return F.col(quoted(names))


def field_at(schema: T.StructType, names: Path) -> T.StructField | None:
    """The field at a path, or None."""
    found: T.StructField | None = None
    here: T.DataType = schema
    for name in names:
        if not isinstance(here, T.StructType) or name not in here.names:
            return None
        found = here[name]
        here = found.dataType
    return found


def replace(frame: DataFrame, names: Path, columns: Sequence[Column]) -> DataFrame:
    """Replace a field by columns with aliases, or remove it if there are none.

    A struct without any remaining field is removed too.
    """
    selected: list[Column] = []
    for name in frame.columns:
        if name != names[0]:
            selected.append(column((name,)))
        elif len(names) == 1:
            selected.extend(columns)
        else:
            inner = _replaced_in_struct(frame.schema[name].dataType, (name,), names[1:], columns)
            if inner is not None:
                selected.append(inner.alias(name))
    return frame.select(*selected)


def _replaced_in_struct(struct: T.DataType, prefix: Path, names: Path, columns: Sequence[Column]) -> Column | None:
    if not isinstance(struct, T.StructType):
        unsupported(f"the path {quoted((*prefix, *names))}: {quoted(prefix)} is not a struct")
    parts: list[Column] = []
    for field in struct.fields:
        here = (*prefix, field.name)
        if field.name != names[0]:
            parts.append(column(here).alias(field.name, metadata=field.metadata))
        elif len(names) == 1:
            parts.extend(columns)
        else:
            inner = _replaced_in_struct(field.dataType, here, names[1:], columns)
            if inner is not None:
                parts.append(inner.alias(field.name))
    if not parts:
        return None
    # a null struct stays null
    return F.when(column(prefix).isNotNull(), F.struct(*parts))


def assemble(values: Iterable[tuple[Path, Column]]) -> list[Column]:
    """Build the columns of a frame from values and their paths, with structs for dotted paths."""
    tree: dict[str, list[tuple[Path, Column]]] = {}
    for names, value in values:
        tree.setdefault(names[0], []).append((names[1:], value))
    columns = []
    for name, entries in tree.items():
        leaves = [value for rest, value in entries if not rest]
        inner = [(rest, value) for rest, value in entries if rest]
        columns.append(leaves[-1].alias(name) if leaves else F.struct(*assemble(inner)).alias(name))
    return columns


def changed(frame: DataFrame, path: str, change: Callable[[Column, T.DataType], Column]) -> DataFrame | None:
    """Change the values at a path through arrays (`a[].b`). Returns None if there is no such field."""
    names = [quoted or plain for quoted, plain in _PART.findall(path)]
    top = names[0].removesuffix(ARRAY)
    if top not in frame.columns:
        return None
    depths = [(name.removesuffix(ARRAY), name.endswith(ARRAY)) for name in names]
    value = _changed(column((top,)), frame.schema[top].dataType, depths, change, is_inside=True)
    return None if value is None else frame.withColumn(top, value)


def _changed(
    value: Column,
    kind: T.DataType,
    names: Sequence[tuple[str, bool]],
    change: Callable[[Column, T.DataType], Column],
    *,
    is_inside: bool = False,
) -> Column | None:
    if not names:
        return change(value, kind)
    (name, is_array), rest = names[0], names[1:]
    if not is_inside:
        if not isinstance(kind, T.StructType) or name not in kind.names:
            return None
        inner = _changed(value.getField(name), kind[name].dataType, names, change, is_inside=True)
        return None if inner is None else F.when(value.isNotNull(), value.withField(f"`{name}`", inner))
    if not is_array:
        return _changed(value, kind, rest, change)
    if not isinstance(kind, T.ArrayType):
        return None
    element = kind.elementType
    if _changed(F.lit(None), element, rest, lambda *_: F.lit(None)) is None:
        return None
    return F.transform(value, lambda item: _known(_changed(item, element, rest, change)))


def _known(value: Column | None) -> Column:
    assert value is not None  # noqa: S101 - found to be there before
    return value


def any_field(schema: T.StructType, holds: Callable[[T.StructField], bool]) -> list[str]:
    """The top-level fields that contain a field with a property."""
    return [field.name for field in schema.fields if holds(field)]
