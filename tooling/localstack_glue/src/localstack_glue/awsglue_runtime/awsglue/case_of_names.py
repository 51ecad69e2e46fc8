"""Fields whose names differ only in case: a DynamicFrame distinguishes them, Spark's own frames do not."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

_SETTING = "spark.sql.caseSensitive"
P = ParamSpec("P")
R = TypeVar("R")


def differ_in_case(kind: T.DataType) -> bool:
    """Whether a type has a struct with two names that differ only in case."""
    if isinstance(kind, T.StructType):
        names = {*kind.names}
        return len({*map(str.lower, names)}) < len(names) or any(
            differ_in_case(field.dataType) for field in kind.fields
        )
    if isinstance(kind, T.ArrayType):
        return differ_in_case(kind.elementType)
    return isinstance(kind, T.MapType) and differ_in_case(kind.valueType)


@contextmanager
def case_sensitive_names(*frames: DataFrame) -> Iterator[None]:
    """Make Spark case-sensitive within the context, if the frames need it."""
    names = {name for frame in frames for name in frame.columns}
    if len({name.lower() for name in names}) == len(names) and not any(differ_in_case(each.schema) for each in frames):
        yield
        return
    with case_sensitive(frames[0].sparkSession):
        yield


@contextmanager
def case_sensitive(session: SparkSession) -> Iterator[None]:
    """Make Spark case-sensitive within the context.

    Spark resolves names when a frame is created, so the frame stays valid afterwards.
    """
    conf = session.conf
    before = conf.get(_SETTING)
    conf.set(_SETTING, "true")
    try:
        yield
    finally:
        conf.set(_SETTING, before or "false")


def by_spelling(change: Callable[P, R]) -> Callable[P, R]:
    """Wrap a function of frames so that it distinguishes fields by case."""

    @wraps(change)
    def changed(*args: P.args, **kwargs: P.kwargs) -> R:
        with case_sensitive_names(*(each for each in args if isinstance(each, DataFrame))):
            return change(*args, **kwargs)

    return changed
