"""DynamicFrame and DynamicFrameCollection.

Follows the pages "DynamicFrame class" and "DynamicFrameCollection class" of the AWS Glue Developer Guide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pyspark import RDD
from pyspark.sql import DataFrame

from awsglue import choices, paths, records, relational, reshaping, resolving_choices, unboxing
from awsglue.case_of_names import case_sensitive_names
from awsglue.errors import GlueDataError, check_options, refused, unsupported
from awsglue.framecollection import DynamicFrameCollection
from awsglue.gluetypes import StructType, from_spark
from awsglue.missing_fields import Lacking, calling, of_both, unknown

if TYPE_CHECKING:
    from awsglue.context import GlueContext

DEFAULT_SHOWN = 20
DEFAULT_SPIGOT_ROWS = 100


class ResolveOption:
    """How `toDF` resolves a choice: `Project` to a type, or `KeepAsStruct`."""

    def __init__(self, path: str, action: str, target: Any = None) -> None:
        self.path = path
        self.action = action
        self.target = target


class DynamicFrame:
    """A Spark DataFrame that may hold choices and keeps the records that failed."""

    def __init__(
        self,
        jdf: DataFrame,
        glue_ctx: GlueContext,
        name: str = "",
        *,
        errors: DataFrame | None = None,
        earlier_errors: Sequence[DataFrame] = (),
        lacking: Lacking | None = None,
    ) -> None:
        if not isinstance(jdf, DataFrame):
            unsupported(f"a DynamicFrame over a {type(jdf).__name__}", "use DynamicFrame.fromDF")
        self._df = jdf
        self.glue_ctx = glue_ctx
        self.name = name
        self._errors = errors
        self._earlier_errors = tuple(earlier_errors)
        self._lacking = lacking

    # ------------------------------------------------------------------ to and from Spark

    @classmethod
    def fromDF(cls, dataframe: DataFrame, glue_ctx: GlueContext, name: str = "") -> DynamicFrame:
        """Wrap a DataFrame. Choices before `toDF` are structs now.

        Raises:
            TypeError: it is not a DataFrame.
            GlueDataError: two of its columns have the same name.
        """
        if not isinstance(dataframe, DataFrame):
            raise TypeError(f"DynamicFrame.fromDF takes a Spark DataFrame, not a {type(dataframe).__name__}")
        if twice := paths.repeated(dataframe.columns):
            raise GlueDataError(f"Found duplicate column(s) in the data: {', '.join(map(repr, twice))}")
        return cls(choices.as_structs(dataframe), glue_ctx, name)

    def toDF(self, options: Sequence[Any] | None = None) -> DataFrame:
        """The records as a DataFrame. Unresolved choices become structs with one field per type."""
        return resolving_choices.with_options(self._df, options or ())

    def _next(self, frame: DataFrame, errors: DataFrame | None = None) -> DynamicFrame:
        """The result of a transformation: this frame's errors become previous errors."""
        return DynamicFrame(
            frame, self.glue_ctx, self.name, errors=errors, earlier_errors=self._all_errors(), lacking=self._lacking
        )

    def _with(self, other: DynamicFrame, frame: DataFrame) -> DynamicFrame:
        """The result of a transformation of two frames: the errors of both become previous errors."""
        result = self._next(frame)
        result._lacking = of_both(self._lacking, other._lacking)
        known = set(map(id, result._earlier_errors))
        result._earlier_errors += tuple(errors for errors in other._all_errors() if id(errors) not in known)
        return result

    def _added(self, other: DynamicFrame, frame: DataFrame) -> DynamicFrame:
        """The records of two frames; those of one lack the fields that only the other has."""
        result = self._with(other, frame)
        mine, others = ({*each._df.columns} for each in (self, other))
        if mine and others and mine != others:
            result._lacking = result._lacking or unknown
        return result

    # ------------------------------------------------------------------ inspection

    def schema(self) -> StructType:
        """The schema in Glue's types."""
        schema = from_spark(self._df.schema)
        assert isinstance(schema, StructType)  # noqa: S101 - a frame's schema is a struct
        return schema

    def printSchema(self) -> None:
        """Print the schema as a tree."""
        print(self.schema().treeString() + "\n")  # noqa: T201 - what it is for

    def count(self) -> int:
        """The number of records."""
        return self._df.count()

    def show(self, num_rows: int = DEFAULT_SHOWN) -> None:
        """Print records as JSON, one per line."""
        for line in self._df.limit(num_rows).toJSON().collect():
            print(line)  # noqa: T201 - what it is for

    def getNumPartitions(self) -> int:
        """The number of Spark partitions."""
        return int(self._df.rdd.getNumPartitions())

    # ------------------------------------------------------------------ fields

    def apply_mapping(
        self,
        mappings: Any,
        case_sensitive: bool = False,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """Keep, rename, move and cast fields by (source, source type, target, target type) or a short form."""
        listed = [mappings] if isinstance(mappings, tuple) else mappings
        result = self._next(reshaping.apply_mapping(self._df, listed, case_sensitive=case_sensitive))
        if reshaping.casts(self._df, result._df, listed):
            result._lacking = self._lacking and unknown
        return result._checked(stageThreshold, totalThreshold)

    def applyMapping(self, *args: Any, **kwargs: Any) -> DynamicFrame:
        """See `apply_mapping`."""
        mapping_arguments = args[1:] if args and isinstance(args[0], DynamicFrame) else args
        return self.apply_mapping(*mapping_arguments, **kwargs)

    def drop_fields(
        self,
        paths: Sequence[str],
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """Remove fields."""
        return self._next(reshaping.drop_fields(self._df, _listed(paths)))._checked(stageThreshold, totalThreshold)

    def select_fields(
        self,
        paths: Sequence[str],
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """Keep only the named fields."""
        return self._next(reshaping.select_fields(self._df, _listed(paths)))._checked(stageThreshold, totalThreshold)

    def rename_field(
        self,
        oldName: str,
        newName: str,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """Rename a field."""
        return self._next(reshaping.rename_field(self._df, oldName, newName))._checked(stageThreshold, totalThreshold)

    def split_fields(
        self,
        paths: Sequence[str],
        name1: str,
        name2: str,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrameCollection:
        """Split into two frames: the named fields, and the others."""
        named = reshaping.select_fields(self._df, _listed(paths))
        others = reshaping.drop_fields(self._df, _listed(paths))
        return self._collection({name1: named, name2: others}, stageThreshold, totalThreshold)

    def resolveChoice(
        self,
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
        """Resolve choices, field by field (`specs`) or all in the same way (`choice`).

        Raises:
            ValueError: both `specs` and `choice` are given, or neither, or match_catalog without a table.
        """
        if specs is None and not choice:
            raise ValueError("Parameter specs and option are both missing, add one.")
        if specs is not None and choice:
            raise ValueError("Parameter specs and option are both specified, choose one.")
        if specs is not None:
            frame = resolving_choices.resolve_choice(self._df, [specs] if isinstance(specs, tuple) else specs)
        elif choice.lower() == "match_catalog":
            if not database or not table_name:
                raise ValueError("choice='match_catalog' needs database and table_name")
            wanted = self.glue_ctx.catalog.types(database, table_name, catalog_id)
            frame = resolving_choices.match_schema(self._df, wanted)
        else:
            frame = resolving_choices.resolve_all(self._df, choice)
        result = self._next(frame)
        result._lacking = self._lacking and unknown  # a value that could not be cast is null
        return result._checked(stageThreshold, totalThreshold)

    resolve_choice = resolveChoice

    def unbox(
        self,
        path: str,
        format: str,  # noqa: A002 - Glue's name
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
        **options: Any,
    ) -> DynamicFrame:
        """Parse a string field that holds JSON. A record with invalid JSON becomes an error record."""
        check_options("unbox with", options, ())
        if format != "json":
            unsupported(f"unbox of the format {format}")
        frame, failed = unboxing.unbox_json(self._df, path, info)
        result = self._next(frame, failed)
        result._lacking = unknown
        return result._checked(stageThreshold, totalThreshold)

    def unnest(
        self, transformation_ctx: str = "", info: str = "", stageThreshold: int = 0, totalThreshold: int = 0
    ) -> DynamicFrame:
        """Flatten structs into fields with dotted names."""
        return self._next(relational.flatten(self._df))._checked(stageThreshold, totalThreshold)

    def relationalize(
        self,
        root_table_name: str,
        staging_path: str | None = None,
        options: Mapping[str, Any] | None = None,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrameCollection:
        """Turn nested data into flat tables. `staging_path` is not used."""
        check_options("the relationalize options", options or {}, ())
        tables = relational.relationalize(self._df, root_table_name)
        return self._collection(tables, stageThreshold, totalThreshold)

    # ------------------------------------------------------------------ records

    def filter(
        self,
        f: Callable[[dict[str, Any]], Any],
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """Keep the records for which a function returns true. KeyError, ValueError and TypeError count as false."""
        tried = records.attempt(self._df, calling(records.lenient(f), self._lacking), info)
        kept = tried.filter(lambda outcome: outcome[0] and bool(outcome[1][1])).map(lambda outcome: outcome[1][0])
        frame = self._df.sparkSession.createDataFrame(kept, self._df.schema, verifySchema=False)
        return self._next(frame, self._failed(tried))._checked(stageThreshold, totalThreshold)

    def map(
        self,
        f: Callable[[dict[str, Any]], Any],
        preservesPartitioning: bool = False,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """Replace each record by a function's result. The schema is that of the results."""
        tried = records.attempt(self._df, calling(records.checked(f), self._lacking), info)
        answers = tried.filter(lambda outcome: outcome[0]).map(lambda outcome: outcome[1][1])
        result = self._next(records.to_frame(self._df.sparkSession, answers), self._failed(tried))
        result._lacking = self._lacking and unknown
        return result._checked(stageThreshold, totalThreshold)

    def join(
        self,
        paths1: Sequence[str],
        paths2: Sequence[str],
        frame2: DynamicFrame,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """Join on equal values. Fields of `frame2` whose names exist already get a leading dot."""
        joined = self._with(frame2, reshaping.join(self._df, frame2.toDF(), _listed(paths1), _listed(paths2)))
        joined.name = self.name + frame2.name
        return joined._checked(stageThreshold, totalThreshold)

    def union(
        self,
        other_frame: DynamicFrame,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """All records of both frames."""
        both = self._added(other_frame, reshaping.union(self._df, other_frame.toDF()))
        return both._checked(stageThreshold, totalThreshold)

    def mergeDynamicFrame(
        self,
        stage_dynamic_frame: DynamicFrame,
        primary_keys: Sequence[str] | str,
        transformation_ctx: str = "",
        options: Mapping[str, Any] | None = None,
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """The staged records, and the records of this frame whose keys are not staged."""
        check_options("the mergeDynamicFrame options", options or {}, ())
        merged, staged = self._df, stage_dynamic_frame.toDF()
        if not merged.columns:  # the bookmark left nothing to read
            merged = staged
        elif staged.columns:
            merged = reshaping.merge(merged, staged, _listed(primary_keys))
        return self._added(stage_dynamic_frame, merged)._checked(stageThreshold, totalThreshold)

    def split_rows(
        self,
        comparison_dict: Mapping[str, Mapping[str, Any]],
        name1: str,
        name2: str,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrameCollection:
        """Split into two frames: the records that pass all comparisons, and the others."""
        passed, others = reshaping.split_rows(self._df, comparison_dict)
        return self._collection({name1: passed, name2: others}, stageThreshold, totalThreshold)

    def repartition(
        self,
        num_partitions: int,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """The same records in this number of partitions."""
        return self._next(self._df.repartition(num_partitions))._checked(stageThreshold, totalThreshold)

    def coalesce(
        self,
        num_partitions: int,
        shuffle: bool = False,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """The same records in at most this number of partitions."""
        return self._next(
            self._df.repartition(num_partitions) if shuffle else self._df.coalesce(num_partitions)
        )._checked(stageThreshold, totalThreshold)

    # ------------------------------------------------------------------ writing

    def spigot(
        self,
        path: str,
        options: Mapping[str, Any] | None = None,
        transformation_ctx: str = "",
        info: str = "",
        stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:
        """Add a sample as JSON: up to `topk` (100) records, each picked with probability `prob`. Return this frame."""
        check_options("the spigot options", options or {}, ("topk", "prob"))
        self._next(self._df)._checked(stageThreshold, totalThreshold)
        spigot_options = dict(options or {})
        sample = self._df.sample(float(spigot_options["prob"])) if "prob" in spigot_options else self._df
        with case_sensitive_names(sample):
            sample.limit(int(spigot_options.get("topk", DEFAULT_SPIGOT_ROWS))).write.mode("append").json(path)
        return self

    def write(
        self,
        connection_type: str,
        connection_options: Mapping[str, Any] | None = None,
        format: str | None = None,  # noqa: A002 - Glue's name
        format_options: Mapping[str, Any] | None = None,
        accumulator_size: int = 0,
    ) -> DynamicFrame:
        """Write the records."""
        self.glue_ctx.write_from_options(self, connection_type, connection_options or {}, format, format_options or {})
        return self

    # ------------------------------------------------------------------ errors

    def errorsAsDynamicFrame(self) -> DynamicFrame:
        """The records that failed in this and earlier transformations, each under `error`."""
        frame = self._df.sparkSession.createDataFrame([], records.ERROR_SCHEMA)
        for errors in self._all_errors():
            frame = frame.unionByName(errors)
        return DynamicFrame(frame, self.glue_ctx, f"{self.name}_errors")

    def errorsCount(self) -> int:
        """The number of records that failed in this and earlier transformations."""
        return self.errorsAsDynamicFrame().count()

    def stageErrorsCount(self) -> int:
        """The number of records that failed in the transformation that made this frame."""
        return 0 if self._errors is None else self._errors.count()

    def _all_errors(self) -> tuple[DataFrame, ...]:
        return self._earlier_errors + ((self._errors,) if self._errors is not None else ())

    def _failed(self, tried: Any) -> DataFrame:
        failures = tried.filter(lambda outcome: not outcome[0]).map(lambda outcome: outcome[1])
        return self._df.sparkSession.createDataFrame(failures, records.ERROR_SCHEMA, verifySchema=False)

    def _checked(self, stage_threshold: int, total_threshold: int) -> DynamicFrame:
        """Raise GlueDataError if there are more errors than allowed; 0 allows any number."""
        if stage_threshold and self.stageErrorsCount() > stage_threshold:
            raise GlueDataError(f"more than {stage_threshold} records failed; see errorsAsDynamicFrame()")
        if total_threshold and self.errorsCount() > total_threshold:
            raise GlueDataError(f"more than {total_threshold} records failed in all; see errorsAsDynamicFrame()")
        return self

    def _collection(
        self, frames: Mapping[str, DataFrame], stage_threshold: int, total_threshold: int
    ) -> DynamicFrameCollection:
        self._next(self._df)._checked(stage_threshold, total_threshold)
        named = {}
        for name, frame in frames.items():
            named[name] = self._next(frame)
            named[name].name = name
        return DynamicFrameCollection(named, self.glue_ctx)

    @property
    def _rdd(self) -> RDD[Any]:  # not public, but used by scripts
        return records.to_rdd(self._df)

    @property
    def choice_fields(self) -> list[str]:
        """The paths of the fields that are choices."""
        return paths.holding(self._df.schema, choices.is_choice)

    def assertErrorThreshold(self) -> None:
        """Do nothing: a transformation with more errors than allowed has already failed."""

    mapPartitions = refused("mapPartitions", "use map, or toDF().rdd")
    mapPartitionsWithIndex = refused("mapPartitionsWithIndex", "use map, or toDF().rdd")
    simplify_ddb_json = refused("simplify_ddb_json")
    unnest_ddb_json = refused("unnest_ddb_json")
    recomputeSchema = refused("recomputeSchema")

    def with_frame_schema(self, schema: Any) -> DynamicFrame:
        """Return this frame: its schema is known already."""
        return self


def _listed(names: Sequence[str] | str) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def __getattr__(name: str) -> Any:
    """Import readers and writers on demand, as in the public library: they import this module."""
    if name in {"DynamicFrameReader", "DynamicFrameWriter"}:
        from awsglue import context

        return getattr(context, name)
    raise AttributeError(f"module 'awsglue.dynamicframe' has no attribute {name!r}")


__all__ = ["DynamicFrame", "DynamicFrameCollection", "ResolveOption"]
