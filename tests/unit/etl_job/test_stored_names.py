"""Names that tables of earlier versions carry: a move of the code must not change them, or what they say is lost."""

from types import SimpleNamespace
from typing import cast

from pyiceberg.table.snapshots import Snapshot

from etl_job.tables.key_registers import Registers
from etl_job.tables.quarantine_runs import Quarantines
from etl_job.tables.snapshot_change import Replacement, is_one_of


def test_table_properties_have_the_names_that_earlier_versions_wrote():
    registers = Registers({"d1": "/t/keys/r1"}, {"/t/keys/r1": 1})
    assert set(registers.properties) == {"quartal.key-registers", "quartal.key-register-files"}
    assert set(Quarantines({"d1": "r1"}).properties) == {"quartal.quarantine"}


def test_snapshot_properties_have_the_names_that_earlier_versions_wrote():
    change = Replacement(
        is_one_of("delivery", ["d1"]), (), "r1", source_snapshot=1, processed=("d1",), withdrawn=("d2",)
    )
    assert set(change.properties(cast(Snapshot, SimpleNamespace(snapshot_id=7)))) == {
        "quartal.run-id",
        "quartal.curated-snapshot-id",
        "quartal.previous-snapshot-id",
        "quartal.deliveries",
        "quartal.withdrawn-deliveries",
    }
