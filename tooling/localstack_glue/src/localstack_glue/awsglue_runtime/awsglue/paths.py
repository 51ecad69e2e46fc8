"""Field paths: `a.b` names a field of a struct; back-ticks quote names with dots."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue.errors import unsupported

Path = tuple[str, ...]
ARRAY = "[]"
_PART = re.compile(r"`([^`]*)`|([^.`]+)")
_WHOLE = re.compile(r"(?:`[^`]*`|[^.`]+)(?:\.(?:`[^`]*`|[^.`]+))*")


def split(path: str) -> Path:
    """Split a path into its names.

    Raises:
        GlueUnsupportedError: it leads through an array, or one of its names is empty, as before the dot of `.id`.
    """
    if ARRAY in path:
        unsupported(f"the array path {path}")
    if path and not _WHOLE.fullmatch(path):
        unsupported(f"the path {path}, with an empty name", "put a name with dots in back-ticks")
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


def outside_arrays(schema: T.StructType, path: str) -> Path:
    """Split a path that may not lead into an array.

    Raises:
        GlueUnsupportedError: it does.
    """
    names = split(path)
    here: T.DataType = schema
    for position, name in enumerate(names):
        if isinstance(here, T.ArrayType):
            unsupported(f"the path {path}: {quoted(names[:position])} is an array")
        spelled = matching(here, (name,), case_sensitive=False) if isinstance(here, T.StructType) else None
        if spelled is None or not isinstance(here, T.StructType):
            break
        here = here[spelled[0]].dataType
    return names


def without(frame: DataFrame, names: Path) -> DataFrame:
    """Remove a field, also from the structs in arrays. A struct or array without any remaining field is removed too."""
    columns = []
    for field in frame.schema.fields:
        value: Column | None = column((field.name,))
        if field.name == names[0]:
            value = _without(column((field.name,)), field.dataType, names[1:])
        if value is not None:
            columns.append(value.alias(field.name, metadata=field.metadata))
    return frame.select(*columns)


def _without(value: Column, kind: T.DataType, names: Path) -> Column | None:
    """A value without the field at a path inside it; None if nothing remains."""
    if not names:
        return None
    if isinstance(kind, T.ArrayType):
        element = kind.elementType
        if _without(F.lit(None), element, names) is None:
            return None
        return F.transform(value, lambda item: _known(_without(item, element, names)))
    if not isinstance(kind, T.StructType) or names[0] not in kind.names:
        return value
    parts = []
    for member in kind.fields:
        part: Column | None = value.getField(member.name)
        if member.name == names[0]:
            part = _without(value.getField(member.name), member.dataType, names[1:])
        if part is not None:
            parts.append(part.alias(member.name, metadata=member.metadata))
    return F.when(value.isNotNull(), F.struct(*parts)) if parts else None  # a null struct stays null


def replace(frame: DataFrame, names: Path, columns: Sequence[Column]) -> DataFrame:
    """Replace a field by columns with aliases."""
    selected: list[Column] = []
    for name in frame.columns:
        if name != names[0]:
            selected.append(column((name,)))
        elif len(names) == 1:
            selected.extend(columns)
        else:
            inner = _replaced_in_struct(frame.schema[name].dataType, (name,), names[1:], columns)
            selected.append(inner.alias(name, metadata=frame.schema[name].metadata))
    return frame.select(*selected)


def _replaced_in_struct(struct: T.DataType, prefix: Path, names: Path, columns: Sequence[Column]) -> Column:
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
            parts.append(inner.alias(field.name, metadata=field.metadata))
    return F.when(column(prefix).isNotNull(), F.struct(*parts))  # a null struct stays null


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


Change = Callable[[Column, T.StructField], Column]


def changed(frame: DataFrame, path: str, change: Change) -> DataFrame | None:
    """Change the values at a path through arrays (`a[].b`). Returns None if there is no such field."""
    names = [quoted or plain for quoted, plain in _PART.findall(path.replace(f"`{ARRAY}", f"{ARRAY}`"))]
    top = names[0].removesuffix(ARRAY)
    if top not in frame.columns:
        return None
    depths = [(name.removesuffix(ARRAY), name.endswith(ARRAY)) for name in names]
    value = _changed(column((top,)), frame.schema[top], depths, change, is_inside=True)
    return None if value is None else frame.withColumn(top, value)


def _changed(
    value: Column, field: T.StructField, names: Sequence[tuple[str, bool]], change: Change, *, is_inside: bool = False
) -> Column | None:
    kind = field.dataType
    if not names:
        return change(value, field)
    (name, is_array), rest = names[0], names[1:]
    if not is_inside:
        if not isinstance(kind, T.StructType) or name not in kind.names:
            return None
        inner = _changed(value.getField(name), kind[name], names, change, is_inside=True)
        return None if inner is None else F.when(value.isNotNull(), value.withField(f"`{name}`", inner))
    if not is_array:
        return _changed(value, field, rest, change)
    if not isinstance(kind, T.ArrayType):
        return None
    element = T.StructField("element", kind.elementType)
    if _changed(F.lit(None), element, rest, lambda *_: F.lit(None)) is None:
        return None
    return F.transform(value, lambda item: _known(_changed(item, element, rest, change)))


def _known(value: Column | None) -> Column:
    assert value is not None  # noqa: S101 - found to be there before
    return value


def holding(schema: T.StructType, holds: Callable[[T.StructField], bool]) -> list[str]:
    """The paths of all fields with a property; through arrays as `a[].b`."""
    return [path for field in schema.fields for path in _holding(field, quoted_if_needed(field.name), holds)]


def _holding(field: T.StructField, path: str, holds: Callable[[T.StructField], bool]) -> Iterator[str]:
    if holds(field):
        yield path
        return
    kind = field.dataType
    while isinstance(kind, T.ArrayType):
        kind, path = kind.elementType, f"{path}{ARRAY}"
    if isinstance(kind, T.StructType):
        for member in kind.fields:
            yield from _holding(member, f"{path}.{quoted_if_needed(member.name)}", holds)


def quoted_if_needed(name: str) -> str:
    """A name as a part of a path."""
    return f"`{name}`" if set(name) & set(".[]") else name
