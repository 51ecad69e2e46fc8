"""Fields whose names differ only in case: a DynamicFrame distinguishes them, Spark's own frames do not."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

from pyspark.sql import DataFrame

_SETTING = "spark.sql.caseSensitive"
P = ParamSpec("P")
R = TypeVar("R")


@contextmanager
def case_sensitive_names(*frames: DataFrame) -> Iterator[None]:
    """Make Spark case-sensitive within the context, if the frames need it.

    Spark resolves names when a frame is created, so the frame stays valid afterwards.
    """
    names = {name for frame in frames for name in frame.columns}
    if len({name.lower() for name in names}) == len(names):
        yield
        return
    conf = frames[0].sparkSession.conf
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
