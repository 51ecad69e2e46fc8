"""Rule kinds and column types are defined once; what cannot be generated from the definition agrees with it."""

from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.types import DecimalType

from etl_job.contract.column_types import TYPES
from etl_job.contract.columns import Column
from etl_job.contract.rule_kinds import FUTURE, RULE_KINDS, docs_table
from etl_job.contract.value_rules import ValueRules
from etl_job.judging.rules import HOLDS
from etl_job.tables.iceberg_state import iceberg_type

DOCS = Path(__file__).parents[3] / "docs" / "reference" / "data-contract.md"


def test_each_kind_of_rule_has_its_function_and_a_place_in_the_contract():
    assert [kind.name for kind in RULE_KINDS] == list(HOLDS)
    fields = {*ValueRules.model_fields, *Column.model_fields}
    assert {kind.field for kind in RULE_KINDS} - fields == {FUTURE}


def test_docs_list_the_kinds_of_rules_as_they_are():
    assert docs_table() in DOCS.read_text()


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_a_column_type_is_the_same_to_iceberg_and_arrow(kind):
    iceberg = iceberg_type(kind)
    expected = (
        pa.decimal128(iceberg.precision, iceberg.scale)
        if isinstance(iceberg, DecimalType)
        else pa.type_for_alias(TYPES[kind].arrow)
    )
    found = schema_to_pyarrow(iceberg)
    assert found == expected or (pa.types.is_large_string(found) and pa.types.is_string(expected))
