"""The transform classes: `ApplyMapping.apply(frame=..., mappings=...)`.

Follows the "AWS Glue PySpark transforms reference" of the AWS Glue Developer Guide.
"""

from collections.abc import Callable
from typing import Any

from awsglue import reshaping
from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection
from awsglue.errors import GlueDataError, unsupported


class GlueTransform:
    """What all transforms have: they are called by `apply`, or as an instance."""

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Make the transform and call it."""
        return cls()(*args, **kwargs)

    @classmethod
    def name(cls) -> str:
        """The transform's name."""
        return cls.__name__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Transform."""
        raise NotImplementedError


class ApplyMapping(GlueTransform):
    """Keep, rename, move and cast fields."""

    def __call__(self, frame: DynamicFrame, mappings: Any, *args: Any, **kwargs: Any) -> DynamicFrame:
        """See `DynamicFrame.apply_mapping`; `case_sensitive` is not supported."""
        if "case_sensitive" in kwargs or "caseSensitive" in kwargs:
            unsupported("ApplyMapping's case sensitivity")
        return frame.apply_mapping(mappings, *args, **kwargs)


class DropFields(GlueTransform):
    """Remove fields."""

    def __call__(self, frame: DynamicFrame, paths: Any, *args: Any, **kwargs: Any) -> DynamicFrame:
        """See `DynamicFrame.drop_fields`."""
        return frame.drop_fields(paths, *args, **kwargs)


class DropNullFields(GlueTransform):
    """Remove fields of the null type."""

    def __call__(self, frame: DynamicFrame, *_: Any, **__: Any) -> DynamicFrame:
        """Remove the fields that have no type because no record has a value for them."""
        return frame._next(reshaping.drop_null_fields(frame.toDF()))


DropNulls = DropNullFields


class SelectFields(GlueTransform):
    """Keep only some fields."""

    def __call__(self, frame: DynamicFrame, paths: Any, *args: Any, **kwargs: Any) -> DynamicFrame:
        """See `DynamicFrame.select_fields`."""
        return frame.select_fields(paths, *args, **kwargs)


class RenameField(GlueTransform):
    """Rename a field."""

    def __call__(self, frame: DynamicFrame, old_name: str, new_name: str, *args: Any, **kwargs: Any) -> DynamicFrame:
        """See `DynamicFrame.rename_field`."""
        return frame.rename_field(old_name, new_name, *args, **kwargs)


class ResolveChoice(GlueTransform):
    """Settle choices."""

    def __call__(self, frame: DynamicFrame, specs: Any = None, choice: str = "", **kwargs: Any) -> DynamicFrame:
        """See `DynamicFrame.resolveChoice`."""
        return frame.resolveChoice(specs=specs, choice=choice, **kwargs)


class Filter(GlueTransform):
    """Keep the records for which a function answers true."""

    def __call__(self, frame: DynamicFrame, f: Callable[..., Any], *args: Any, **kwargs: Any) -> DynamicFrame:
        """See `DynamicFrame.filter`."""
        return frame.filter(f, *args, **kwargs)


class Map(GlueTransform):
    """Replace each record by a function's answer."""

    def __call__(self, frame: DynamicFrame, f: Callable[..., Any], *args: Any, **kwargs: Any) -> DynamicFrame:
        """See `DynamicFrame.map`."""
        return frame.map(f, *args, **kwargs)


class Join(GlueTransform):
    """Equality join."""

    def __call__(
        self,
        frame1: DynamicFrame,
        frame2: DynamicFrame,
        keys1: Any,
        keys2: Any,
        transformation_ctx: str = "",
        **kwargs: Any,
    ) -> DynamicFrame:
        """See `DynamicFrame.join`."""
        return frame1.join(keys1, keys2, frame2, transformation_ctx, **kwargs)


class Union(GlueTransform):
    """All records of two frames."""

    def __call__(
        self,
        frame1: DynamicFrame,
        frame2: DynamicFrame,
        unionType: str = "ALL",
        **kwargs: Any,
    ) -> DynamicFrame:
        """See `DynamicFrame.union`."""
        if unionType.upper() != "ALL":
            unsupported(f"Union with unionType {unionType}")
        return frame1.union(frame2, **kwargs)


class SplitFields(GlueTransform):
    """Two frames: the named fields, and the others."""

    def __call__(
        self, frame: DynamicFrame, paths: Any, name1: str = "frame1", name2: str = "frame2", **kwargs: Any
    ) -> DynamicFrameCollection:
        """See `DynamicFrame.split_fields`."""
        return frame.split_fields(paths, name1, name2, **kwargs)


class SplitRows(GlueTransform):
    """Two frames: the records that pass all comparisons, and the others."""

    def __call__(
        self, frame: DynamicFrame, comparison_dict: Any, name1: str = "frame1", name2: str = "frame2", **kwargs: Any
    ) -> DynamicFrameCollection:
        """See `DynamicFrame.split_rows`."""
        return frame.split_rows(comparison_dict, name1, name2, **kwargs)


class Relationalize(GlueTransform):
    """Flat tables of nested data."""

    def __call__(
        self, frame: DynamicFrame, staging_path: str | None = None, name: str = "roottable", **kwargs: Any
    ) -> DynamicFrameCollection:
        """See `DynamicFrame.relationalize`."""
        return frame.relationalize(name, staging_path, **kwargs)


class UnnestFrame(GlueTransform):
    """Turn structs into fields whose names have dots."""

    def __call__(self, frame: DynamicFrame, *args: Any, **kwargs: Any) -> DynamicFrame:
        """See `DynamicFrame.unnest`."""
        return frame.unnest(*args, **kwargs)


class Unbox(GlueTransform):
    """Parse a string field that holds JSON."""

    def __call__(self, frame: DynamicFrame, path: str, format: str, *args: Any, **kwargs: Any) -> DynamicFrame:  # noqa: A002
        """See `DynamicFrame.unbox`."""
        return frame.unbox(path, format, *args, **kwargs)


class Spigot(GlueTransform):
    """Write a sample on the way."""

    def __call__(self, frame: DynamicFrame, path: str, *args: Any, **kwargs: Any) -> DynamicFrame:
        """See `DynamicFrame.spigot`."""
        return frame.spigot(path, *args, **kwargs)


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
        callable: Callable[..., Any] | None = None,  # noqa: A002 - Glue's name
        transformation_ctx: str = "",
        **base_kwargs: Any,
    ) -> DynamicFrameCollection:
        """See `DynamicFrameCollection.map`."""
        if callable is None:
            raise GlueDataError("MapToCollection needs a callable")
        call = callable
        return dfc.map(
            lambda frame, context: call(frame=frame, transformation_ctx=context, **base_kwargs), transformation_ctx
        )


class FlatMap(GlueTransform):
    """Call a transform with each frame of a collection; what comes back is made flat."""

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


# Names that scripts write which this library refuses when they are used.
_REFUSED = ("DropDuplicates", "EvaluateDataQuality", "FillMissingValues", "FindIncrementalMatches", "FindMatches")


def _refused_class(class_name: str) -> type[GlueTransform]:
    def call(self: GlueTransform, *_: Any, **__: Any) -> Any:
        unsupported(f"the transform {type(self).__name__}")

    return type(class_name, (GlueTransform,), {"__doc__": "Not supported.", "__call__": call})


globals().update({_name: _refused_class(_name) for _name in _REFUSED})

__all__ = [
    *_REFUSED,
    "ApplyMapping",
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
