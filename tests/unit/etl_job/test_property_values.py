"""Properties of published tables that somebody changed: an error with table, property and remedy, and no traceback."""

from types import SimpleNamespace
from typing import cast

import pytest
from pyiceberg.table.metadata import TableMetadata

from etl_job.errors import TableRecordError
from etl_job.tables.counting_basis import have_other_columns
from etl_job.tables.iceberg_state import IcebergState
from etl_job.tables.key_registers import Registers
from etl_job.tables.property_names import (
    AS_OF_QUARTER,
    COUNTED_BY,
    DAYS_TO,
    KEY_REGISTER_FILES,
    KEY_REGISTERS,
    PREVIOUS,
    PROCESSED,
    QUARANTINE,
    RUN,
    WITHDRAWN,
)
from etl_job.tables.quarantine_runs import Quarantines
from etl_job.tables.quarter_tags import standing_tags
from etl_job.tables.snapshot_change import changes_since

TABLE = "s3://lake/curated/sales"
NO_TEXTS = ["", "q1", '{"q1":', "[" * 100_000, "null", "[]", '{"q1": 1}', '{"q1": null}']


def refused(name: str, value: str, read) -> None:
    with pytest.raises(TableRecordError) as error:
        read({name: value})
    message = str(error.value)
    assert f"property {name} of " in message
    assert TABLE in message
    assert "Set it to its value in an earlier metadata file" in message
    assert len(message) < 400


@pytest.mark.parametrize("value", NO_TEXTS)
@pytest.mark.parametrize(("name", "parse"), [(KEY_REGISTERS, Registers.parse), (QUARANTINE, Quarantines.parse)])
def test_folders_and_runs_that_are_no_texts_by_delivery_are_refused(name, parse, value):
    refused(name, value, lambda properties: parse(properties, TABLE))


@pytest.mark.parametrize("value", ["{", '{"r1": "1"}', '{"r1": true}', '{"r1": 1.5}'])
def test_numbers_of_files_that_are_no_whole_numbers_are_refused(value):
    refused(KEY_REGISTER_FILES, value, lambda properties: Registers.parse(properties, TABLE))


@pytest.mark.parametrize("value", ["{", "[]", '{"columns": "brand"}', '{"columns": [1]}', '{"key": ["id"]}'])
def test_basis_of_counts_that_the_job_did_not_write_is_refused(value):
    def read(properties):
        table = SimpleNamespace(identifier=TABLE, columns=(), metadata=SimpleNamespace(properties=properties))
        return have_other_columns(cast(IcebergState, table))

    refused(COUNTED_BY, value, read)


@pytest.mark.parametrize("name", [PROCESSED, WITHDRAWN])
@pytest.mark.parametrize("value", ["q1", '"q1"', "[1]", "{}"])
def test_deliveries_of_a_snapshot_that_are_no_list_are_refused(name, value):
    def read(properties):
        snapshot = SimpleNamespace(
            snapshot_id=7, parent_snapshot_id=None, summary=SimpleNamespace(additional_properties=properties)
        )
        table = SimpleNamespace(location=TABLE, current_snapshot_id=7, snapshot_by_id=lambda _: snapshot)
        return changes_since(cast(TableMetadata, table), None)

    refused(name, value, lambda properties: read({RUN: "wr_1", **properties}))


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        (PREVIOUS, "the-one-before", lambda table: changes_since(table, None)),
        (PREVIOUS, "-1", lambda table: changes_since(table, None)),
        (DAYS_TO, "2024Q1", standing_tags),
        (DAYS_TO, "", standing_tags),
    ],
)
def test_day_or_snapshot_that_the_job_did_not_write_is_refused(name, value, read):
    def read_snapshot(properties):
        snapshot = SimpleNamespace(
            snapshot_id=7, parent_snapshot_id=None, summary=SimpleNamespace(additional_properties=properties)
        )
        tag = SimpleNamespace(snapshot_id=7, snapshot_ref_type="tag")
        table = SimpleNamespace(
            location=TABLE,
            current_snapshot_id=7,
            current_snapshot=lambda: None,
            snapshot_by_id=lambda _: snapshot,
            refs={"2024Q1": tag},
        )
        return read(cast(TableMetadata, table))

    refused(name, value, lambda properties: read_snapshot({RUN: "wr_1", AS_OF_QUARTER: "2024Q1", **properties}))
