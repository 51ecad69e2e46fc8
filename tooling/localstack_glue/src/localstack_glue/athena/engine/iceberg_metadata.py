"""The metadata tables of an Iceberg table: `"t$snapshots"`, `"t$files"` and the others."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pyiceberg.conversions import from_bytes
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import PrimitiveType, TimestamptzType

from localstack_glue.athena.engine.iceberg_data import hive_type

# the columns, their types in Hive's words, and the rows
TypedRows = tuple[dict[str, str], list[tuple[Any, ...]]]
ZONED = "timestamp with time zone"


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _snapshots(iceberg: Any) -> TypedRows:
    rows = [
        (
            _moment(each.timestamp_ms),
            each.snapshot_id,
            each.parent_snapshot_id,
            each.summary.operation.value if each.summary else None,
            each.manifest_list,
            list((each.summary.additional_properties if each.summary else {}).items()),
        )
        for each in iceberg.metadata.snapshots
    ]
    kinds = {
        "committed_at": ZONED,
        "snapshot_id": "bigint",
        "parent_id": "bigint",
        "operation": "string",
        "manifest_list": "string",
        "summary": "map<string,string>",
    }
    return kinds, rows


def _history(iceberg: Any) -> TypedRows:
    parents = {each.snapshot_id: each.parent_snapshot_id for each in iceberg.metadata.snapshots}
    current, ancestors = iceberg.metadata.current_snapshot_id, set()
    while current is not None and current not in ancestors:
        ancestors.add(current)
        current = parents.get(current)
    rows = [
        (_moment(each.timestamp_ms), each.snapshot_id, parents.get(each.snapshot_id), each.snapshot_id in ancestors)
        for each in iceberg.metadata.snapshot_log
    ]
    kinds = {"made_current_at": ZONED, "snapshot_id": "bigint", "parent_id": "bigint", "is_current_ancestor": "boolean"}
    return kinds, rows


def _refs(iceberg: Any) -> TypedRows:
    rows = [
        (
            name,
            str(each.snapshot_ref_type.value).upper(),
            each.snapshot_id,
            each.max_ref_age_ms,
            each.min_snapshots_to_keep,
            each.max_snapshot_age_ms,
        )
        for name, each in iceberg.metadata.refs.items()
    ]
    kinds = {
        "name": "string",
        "type": "string",
        "snapshot_id": "bigint",
        "max_reference_age_in_ms": "bigint",
        "min_snapshots_to_keep": "int",
        "max_snapshot_age_in_ms": "bigint",
    }
    return kinds, rows


def _files(iceberg: Any) -> TypedRows:
    fields = _leaves(iceberg.schema().fields)
    rows = []
    for file in (task.file for task in iceberg.scan().plan_files()):
        counts = (file.column_sizes, file.value_counts, file.null_value_counts, file.nan_value_counts)
        bounds = (_shown_bounds(fields, encoded) for encoded in (file.lower_bounds, file.upper_bounds))
        rows.append(
            (
                int(file.content),
                file.file_path,
                file.file_format.value,
                file.record_count,
                file.file_size_in_bytes,
                *(None if each is None else list(each.items()) for each in counts),
                *bounds,
                file.key_metadata,
                file.split_offsets,
                file.equality_ids,
            )
        )
    counted = ("column_sizes", "value_counts", "null_value_counts", "nan_value_counts")
    kinds = {
        "content": "int",
        "file_path": "string",
        "file_format": "string",
        "record_count": "bigint",
        "file_size_in_bytes": "bigint",
        **dict.fromkeys(counted, "map<int,bigint>"),
        "lower_bounds": "map<int,string>",
        "upper_bounds": "map<int,string>",
        "key_metadata": "binary",
        "split_offsets": "array<bigint>",
        "equality_ids": "array<int>",
    }
    return kinds, rows


def _manifests(iceberg: Any) -> TypedRows:
    snapshot = iceberg.current_snapshot()
    rows = []
    for each in snapshot.manifests(iceberg.io) if snapshot is not None else ():
        spec = iceberg.specs()[each.partition_spec_id]
        kinds = [field.field_type for field in spec.partition_type(iceberg.schema()).fields]
        ranges = [
            {
                "contains_null": part.contains_null,
                "contains_nan": part.contains_nan,
                "lower_bound": _human(field.transform, kind, part.lower_bound),
                "upper_bound": _human(field.transform, kind, part.upper_bound),
            }
            for field, kind, part in zip(spec.fields, kinds, each.partitions or (), strict=False)
        ]
        rows.append(
            (
                each.manifest_path, each.manifest_length, each.partition_spec_id, each.added_snapshot_id,
                each.added_files_count, each.added_rows_count, each.existing_files_count, each.existing_rows_count,
                each.deleted_files_count, each.deleted_rows_count, ranges,
            )
        )  # fmt: skip
    hive_types = {"path": "string", "length": "bigint", "partition_spec_id": "int", "added_snapshot_id": "bigint"}
    for word in ("added", "existing", "deleted"):
        hive_types |= {f"{word}_data_files_count": "int", f"{word}_rows_count": "bigint"}
    hive_types["partitions"] = (
        "array<struct<contains_null:boolean,contains_nan:boolean,lower_bound:string,upper_bound:string>>"
    )
    return hive_types, rows


def _partitions(iceberg: Any) -> TypedRows:
    """Partitions of the newest state, with the statistics that their files have of the other columns."""
    schema, spec = iceberg.schema(), iceberg.spec()
    keys = spec.partition_type(schema).fields
    identities = {field.source_id for field in spec.fields if isinstance(field.transform, IdentityTransform)}
    others = [
        field
        for field in schema.fields
        if isinstance(field.field_type, PrimitiveType) and field.field_id not in identities
    ]
    grouped: dict[tuple[Any, ...], list[Any]] = {}
    for task in iceberg.scan().plan_files():
        grouped.setdefault(tuple(task.file.partition[place] for place in range(len(keys))), []).append(task.file)
    rows = []
    for values, files in grouped.items():
        hive_types = {field.name.lower(): _bounds_of_files(field, files) for field in others}
        row = (
            sum(each.record_count for each in files),
            len(files),
            sum(each.file_size_in_bytes for each in files),
            hive_types,
        )
        rows.append(({key.name: value for key, value in zip(keys, values, strict=True)}, *row) if keys else row)
    data = ",".join(
        f"{field.name.lower()}:struct<min:{kind},max:{kind},null_count:bigint,nan_count:bigint>"
        for field in others
        for kind in [hive_type(field.field_type).replace(ZONED, "string")]
    )
    kinds = {"record_count": "bigint", "file_count": "bigint", "total_size": "bigint"}
    if others:
        kinds["data"] = f"struct<{data}>"
    if keys:
        parts = ",".join(f"{key.name}:{hive_type(key.field_type).replace(ZONED, 'string')}" for key in keys)
        kinds = {"partition": f"struct<{parts}>", **kinds}
    return kinds, rows


def _bounds_of_files(field: Any, files: Sequence[Any]) -> dict[str, Any]:
    """A column's least and greatest value in some files, if all of them have statistics of it."""
    bounds: list[Any] = []
    for name, choose in (("lower_bounds", min), ("upper_bounds", max)):
        found = [(getattr(file, name) or {}).get(field.field_id) for file in files]
        known = [from_bytes(field.field_type, each) for each in found if each is not None]
        bounds.append(_plain(field.field_type, choose(known)) if known and len(known) == len(found) else None)
    counts: list[int | None] = []
    for name in ("null_value_counts", "nan_value_counts"):
        per_file = [(getattr(file, name) or {}).get(field.field_id) for file in files]
        counts.append(None if None in per_file else sum(each for each in per_file if each is not None))
    return {"min": bounds[0], "max": bounds[1], "null_count": counts[0], "nan_count": counts[1]}


def _leaves(fields: Sequence[Any]) -> Mapping[int, Any]:
    """The types of columns, by their ids; parts of nested ones are not looked at."""
    return {field.field_id: field.field_type for field in fields if isinstance(field.field_type, PrimitiveType)}


def _plain(kind: Any, value: Any) -> Any:
    """A value as its column in Arrow takes it; a moment in a zone is a text there."""
    is_text = hive_type(kind) == "string" or isinstance(kind, TimestamptzType)
    return IdentityTransform().to_human_string(kind, value) if is_text and value is not None else value


def _shown_bounds(
    fields: Mapping[int, Any], encoded: Mapping[int, bytes] | None
) -> list[tuple[int, str | None]] | None:
    if encoded is None:
        return None
    return [(key, _human(IdentityTransform(), fields[key], value)) for key, value in encoded.items() if key in fields]


def _human(transform: Any, kind: Any, value: bytes | None) -> str | None:
    return None if value is None else str(transform.to_human_string(kind, from_bytes(kind, value)))


TABLES: dict[str, Callable[[Any], TypedRows]] = {
    "files": _files,
    "history": _history,
    "manifests": _manifests,
    "partitions": _partitions,
    "refs": _refs,
    "snapshots": _snapshots,
}
