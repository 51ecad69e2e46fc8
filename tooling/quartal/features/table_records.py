"""Reads the records that the job keeps in the properties of tables and snapshots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from quartal.core.errors import PipelineError


def read_texts(properties: Mapping[str, str], name: str, table: str) -> dict[str, str]:
    """A property that maps names to texts; empty if the table lacks it.

    Raises:
        PipelineError: the property is anything else.
    """
    from etl_job.tables import json_properties  # which help need not load

    with _as_pipeline_error():
        return json_properties.read_texts(properties, name, table)


def read_list(properties: Mapping[str, str], name: str, table: str) -> tuple[str, ...]:
    """A property that lists texts; empty if the snapshot lacks it.

    Raises:
        PipelineError: the property is anything else.
    """
    from etl_job.tables import json_properties  # which help need not load

    with _as_pipeline_error():
        return json_properties.read_list(properties, name, table)


@contextmanager
def _as_pipeline_error() -> Iterator[None]:
    from etl_job.errors import TableRecordError  # which help need not load

    try:
        yield
    except TableRecordError as error:
        raise PipelineError(
            f"Property {error.name} of {error.table} is not what the job wrote: {error.value!r}.",
            remedy="Set it to its value in an earlier metadata file of the table, or drop the table and run "
            "`quartal run`.",
        ) from error
