"""Properties of published tables that somebody changed: an error with table, property and remedy, and no traceback."""

from types import SimpleNamespace
from typing import cast

import pytest
from pyiceberg.table.metadata import TableMetadata

from etl_job.errors import TableRecordError
from etl_job.tables.counting_basis import PROPERTY as COUNTED_BY
from etl_job.tables.counting_basis import have_other_columns
from etl_job.tables.iceberg_state import IcebergState
from etl_job.tables.key_registers import FILES_PROPERTY, Registers
from etl_job.tables.key_registers import PROPERTY as KEY_REGISTERS
from etl_job.tables.quarantine_runs import PROPERTY as QUARANTINE
from etl_job.tables.quarantine_runs import Quarantines
from etl_job.tables.snapshot_change import PROCESSED, RUN, WITHDRAWN, changes_since

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
    refused(FILES_PROPERTY, value, lambda properties: Registers.parse(properties, TABLE))


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
