"""The transform classes: `ApplyMapping.apply(frame=..., mappings=...)`.

Follows the "AWS Glue PySpark transforms reference" of the AWS Glue Developer Guide.
"""

import json
from collections.abc import Callable
from typing import Any

from awsglue import reshaping
from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection
from awsglue.errors import unsupported
from awsglue.glue_transform import GlueTransform


class ApplyMapping(GlueTransform):
    """Keep, rename, move and cast fields."""

    def __call__(
        self,
        frame: DynamicFrame,
        mappings: Any,
        case_sensitive: bool = False,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """See `DynamicFrame.apply_mapping`."""
        return frame.apply_mapping(mappings, case_sensitive, transformation_ctx, info, stageThreshold, totalThreshold)


class DropFields(GlueTransform):
    """Remove fields."""

    def __call__(
        self,
        frame: DynamicFrame,
        paths: Any,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """See `DynamicFrame.drop_fields`."""
        return frame.drop_fields(paths, transformation_ctx, info, stageThreshold, totalThreshold)


class DropNullFields(GlueTransform):
    """Remove the fields that have no type because no record has a value for them."""

    def __call__(
        self,
        frame: DynamicFrame,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """See `DynamicFrame.drop_fields`."""
        return frame._next(reshaping.drop_null_fields(frame._df))._checked(stageThreshold, totalThreshold)


DropNulls = DropNullFields


class SelectFields(GlueTransform):
    """Keep only the named fields."""

    def __call__(
        self,
        frame: DynamicFrame,
        paths: Any,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """See `DynamicFrame.select_fields`."""
        return frame.select_fields(paths, transformation_ctx, info, stageThreshold, totalThreshold)


class RenameField(GlueTransform):
    """Rename a field."""

    def __call__(
        self,
        frame: DynamicFrame,
        old_name: str,
        new_name: str,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """See `DynamicFrame.rename_field`."""
        return frame.rename_field(old_name, new_name, transformation_ctx, info, stageThreshold, totalThreshold)


class ResolveChoice(GlueTransform):
    """Resolve choices."""

    def __call__(
        self,
        frame: DynamicFrame,
        specs: Any = None,
        choice: str = "",
        database: str | None = None,
        table_name: str | None = None,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
        catalog_id: str | None = None,
    ) -> DynamicFrame:
        """See `DynamicFrame.resolveChoice`."""
        return frame.resolveChoice(
            specs, choice, database, table_name, transformation_ctx, info, stageThreshold, totalThreshold, catalog_id
        )


class Filter(GlueTransform):
    """Keep the records for which a function returns true."""

    def __call__(
        self,
        frame: DynamicFrame,
        f: Callable[..., Any],
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """See `DynamicFrame.filter`."""
        return frame.filter(f, transformation_ctx, info, stageThreshold, totalThreshold)


class Map(GlueTransform):
    """Replace each record by a function's result."""

    def __call__(
        self,
        frame: DynamicFrame,
        f: Callable[..., Any],
        preservesPartitioning: bool = False,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """See `DynamicFrame.map`."""
        return frame.map(f, preservesPartitioning, transformation_ctx, info, stageThreshold, totalThreshold)


class Join(GlueTransform):
    """Join on equal values."""

    def __call__(
        self,
        frame1: DynamicFrame,
        frame2: DynamicFrame,
        keys1: Any,
        keys2: Any,
        transformation_ctx: str = "",
    ) -> DynamicFrame:
        """See `DynamicFrame.join`."""
        return frame1.join(keys1, keys2, frame2, transformation_ctx)


class Union(GlueTransform):
    """All records of two frames."""

    def __call__(
        self,
        frame1: DynamicFrame,
        frame2: DynamicFrame,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
        unionType: str = "ALL",
    ) -> DynamicFrame:
        """See `DynamicFrame.union`. Glue Studio's own `unionType` is accepted too."""
        if unionType.upper() != "ALL":
            unsupported(f"Union with unionType {unionType}")
        return frame1.union(frame2, transformation_ctx, info, stageThreshold, totalThreshold)


class SplitFields(GlueTransform):
    """Split into two frames: the named fields, and the others."""

    def __call__(
        self,
        frame: DynamicFrame,
        paths: Any,
        name1: str | None = None,
        name2: str | None = None,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrameCollection:
        """See `DynamicFrame.split_fields`."""
        name = frame.name or "frame"
        names = name1 or f"{name}1", name2 or f"{name}2"
        return frame.split_fields(paths, *names, transformation_ctx, info, stageThreshold, totalThreshold)


class SplitRows(GlueTransform):
    """Split into two frames: the records that pass all comparisons, and the others."""

    def __call__(
        self,
        frame: DynamicFrame,
        comparison_dict: Any,
        name1: str = "frame1",
        name2: str = "frame2",
        transformation_ctx: str = "",
        info: str | None = None,
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrameCollection:
        """See `DynamicFrame.split_rows`."""
        return frame.split_rows(
            comparison_dict, name1, name2, transformation_ctx, info or "", stageThreshold, totalThreshold
        )


class Relationalize(GlueTransform):
    """Turn nested data into flat tables."""

    def __call__(
        self,
        frame: DynamicFrame,
        staging_path: str | None = None,
        name: str = "roottable",
        options: Any = None,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrameCollection:
        """See `DynamicFrame.relationalize`."""
        return frame.relationalize(
            name, staging_path, options, transformation_ctx, info, stageThreshold, totalThreshold
        )


class UnnestFrame(GlueTransform):
    """Flatten structs into fields with dotted names."""

    def __call__(
        self,
        frame: DynamicFrame,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """See `DynamicFrame.unnest`."""
        return frame.unnest(transformation_ctx, info, stageThreshold, totalThreshold)


class Unbox(GlueTransform):
    """Parse a string field that holds JSON."""

    def __call__(
        self,
        frame: DynamicFrame,
        path: str,
        format: str,  # noqa: A002 - Glue's name
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
        **options: Any,
    ) -> DynamicFrame:
        """See `DynamicFrame.unbox`."""
        return frame.unbox(path, format, transformation_ctx, info, stageThreshold, totalThreshold, **options)


class Spigot(GlueTransform):
    """Write a sample and return the frame."""

    def __call__(
        self,
        frame: DynamicFrame,
        path: str,
        options: Any = None,
        transformation_ctx: str = "",
    ) -> DynamicFrame:
        """See `DynamicFrame.spigot`."""
        return frame.spigot(path, options, transformation_ctx)


class Repartition(GlueTransform):
    """The same records in this number of partitions."""

    def __call__(
        self,
        frame: DynamicFrame,
        num_partitions: int,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """See `DynamicFrame.repartition`."""
        return frame.repartition(num_partitions, transformation_ctx, info, stageThreshold, totalThreshold)


class Coalesce(GlueTransform):
    """The same records in at most this number of partitions."""

    def __call__(
        self,
        frame: DynamicFrame,
        num_partitions: int,
        shuffle: bool = False,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """See `DynamicFrame.coalesce`."""
        return frame.coalesce(num_partitions, shuffle, transformation_ctx, info, stageThreshold, totalThreshold)


class ErrorsAsDynamicFrame(GlueTransform):
    """The records that failed."""

    def __call__(self, frame: DynamicFrame) -> DynamicFrame:
        """See `DynamicFrame.errorsAsDynamicFrame`."""
        return frame.errorsAsDynamicFrame()


class SelectFromCollection(GlueTransform):
    """One frame of a collection."""

    def __call__(self, dfc: DynamicFrameCollection, key: str, transformation_ctx: str = "") -> DynamicFrame:
        """See `DynamicFrameCollection.select`."""
        return dfc.select(key, transformation_ctx)


class MapToCollection(GlueTransform):
    """Call a transform with each frame of a collection."""

    def __call__(
        self,
        dfc: DynamicFrameCollection,
        callable: Callable[..., Any],  # noqa: A002 - Glue's name
        transformation_ctx: str = "",
    ) -> DynamicFrameCollection:
        """See `DynamicFrameCollection.map`."""
        return dfc.map(callable, transformation_ctx)


class FlatMap(GlueTransform):
    """Call a transform with each frame of a collection, and flatten the results."""

    def __call__(
        self,
        dfc: DynamicFrameCollection,
        BaseTransform: type[GlueTransform],
        frame_name: str,
        transformation_ctx: str = "",
        **base_kwargs: Any,
    ) -> DynamicFrameCollection:
        """See `DynamicFrameCollection.flatmap`."""

        def call(frame: DynamicFrame, context: str) -> Any:
            return BaseTransform.apply(**{frame_name: frame, "transformation_ctx": context, **base_kwargs})

        return dfc.flatmap(call, transformation_ctx)


# Transforms that scripts may import and that are refused when used.
_REFUSED = ("DropDuplicates", "EvaluateDataQuality", "FillMissingValues", "FindIncrementalMatches", "FindMatches")


def _refused_class(class_name: str) -> type[GlueTransform]:
    def call(self: GlueTransform, *_: Any, **__: Any) -> Any:
        unsupported(f"the transform {type(self).__name__}")

    return type(class_name, (GlueTransform,), {"__doc__": "Not supported.", "__call__": call})


globals().update({_name: _refused_class(_name) for _name in _REFUSED})


def get_transforms() -> set[GlueTransform]:
    """An instance of each transform."""
    return {kind() for kind in GlueTransform.__subclasses__() if kind.__name__ not in _REFUSED}


def get_transform(name: str) -> GlueTransform | None:
    """The transform with this name, in any case."""
    return next((found for found in get_transforms() if found.name().lower() == name.lower()), None)


def describe_transform(name: str) -> str:
    """The description of a transform as JSON."""
    found = get_transform(name)
    return json.dumps(found.describe() if found else {}, sort_keys=True, indent=4, default=str)


__all__ = [
    *_REFUSED,
    "ApplyMapping",
    "Coalesce",
    "DropFields",
    "DropNullFields",
    "DropNulls",
    "ErrorsAsDynamicFrame",
    "Filter",
    "FlatMap",
    "GlueTransform",
    "Join",
    "Map",
    "MapToCollection",
    "Relationalize",
    "RenameField",
    "Repartition",
    "ResolveChoice",
    "SelectFields",
    "SelectFromCollection",
    "Spigot",
    "SplitFields",
    "SplitRows",
    "Unbox",
    "Union",
    "UnnestFrame",
]
