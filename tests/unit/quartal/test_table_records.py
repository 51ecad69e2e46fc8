"""Properties of the published tables that somebody changed: an error with table, property and remedy."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pyiceberg.table import Table

from etl_job.tables.property_names import CORRECTED_BY, DAYS_TO, KEY_REGISTERS, LATER_DELIVERIES, QUARANTINE
from quartal.core.errors import PipelineError
from quartal.features.maintenance import files_named_by
from quartal.features.quarantine import runs_with_bad_rows
from quartal.features.tags import tag_named

READERS = [(KEY_REGISTERS, files_named_by), (QUARANTINE, runs_with_bad_rows)]


def table(properties: dict[str, str] | None = None, summary: dict[str, str] | None = None) -> Table:
    snapshot = SimpleNamespace(
        snapshot_id=7,
        timestamp_ms=datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000,
        summary=SimpleNamespace(additional_properties={DAYS_TO: "2024-03-31", **(summary or {})}),
    )
    metadata = SimpleNamespace(metadata_log=(), statistics=(), partition_statistics=(), snapshots=())
    fake: Any = SimpleNamespace(
        name=lambda: ("lake", "sales_curated"),
        properties=properties or {},
        metadata=metadata,
        metadata_location="s3://lake/m.json",
        location=lambda: "s3://lake/curated/sales",
        refs=lambda: {"2024Q1": SimpleNamespace(snapshot_id=7, snapshot_ref_type="tag")},
        snapshot_by_id=lambda _: snapshot,
    )
    return cast(Table, fake)


@pytest.mark.parametrize("value", ["", "wr_1", "[]", '{"2024Q1": 1}', '{"2024Q1":'])
@pytest.mark.parametrize(("name", "read"), READERS)
def test_property_that_the_job_did_not_write_is_refused_with_table_and_remedy(name, read, value):
    with pytest.raises(
        PipelineError, match=rf"Property {name} of lake\.sales_curated is not what the job wrote"
    ) as error:
        read(table({name: value}))
    assert "earlier metadata file" in error.value.remedy


@pytest.mark.parametrize("value", ["2024Q2", '"2024Q2"', "{}", "[1]"])
@pytest.mark.parametrize("name", [LATER_DELIVERIES, CORRECTED_BY])
def test_record_of_a_tag_that_the_job_did_not_write_is_refused_with_its_snapshot(name, value):
    with pytest.raises(PipelineError, match=rf"Property {name} of snapshot 7 of lake\.sales_curated"):
        tag_named(table(summary={name: value}), "2024Q1")


def test_last_day_of_a_tag_that_is_no_day_is_refused_with_its_snapshot():
    with pytest.raises(PipelineError, match=rf"Property {DAYS_TO} of snapshot 7 of lake\.sales_curated"):
        tag_named(table(summary={DAYS_TO: "2024Q1"}), "2024Q1")
