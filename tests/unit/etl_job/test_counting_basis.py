"""A contract that changes between runs: what published deliveries were counted by, and what of them can stay."""

from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from pyiceberg.catalog.glue import GlueCatalog

from etl_job.arguments import parse_arguments
from etl_job.contract.feature_spec import Measure
from etl_job.contract.model import Contract
from etl_job.contract.schemas import curated_columns, feature_columns
from etl_job.errors import ContractError
from etl_job.notify.progress import Progress
from etl_job.run import run
from etl_job.tables.counting_basis import basis_of_counts, basis_of_features, have_other_columns, refuse_mixed_counts
from etl_job.tables.iceberg_state import iceberg_schema
from etl_job.tables.snapshot_change import Changes

from .conftest import DATABASE, DATASET
from .test_contract import column

HEADER = "sighting_id,brand,date,time"


def open_tables(contract, *, held_by=None, deliveries=("q1", "q2"), recorded=True) -> Any:
    """The tables as a run of this contract opens them, made by a run of another (``held_by``)."""
    before = held_by or contract

    def table(columns_of):
        columns = columns_of(contract.features)
        schema = iceberg_schema(columns_of(before.features))
        metadata = SimpleNamespace(schema=lambda: schema, properties={})
        files = [SimpleNamespace(partition=name, has_deletes=False) for name in deliveries]
        return SimpleNamespace(
            identifier="lake.t",
            columns=columns,
            metadata=metadata,
            data_files=lambda: files,
            changes_taken_back=Changes(frozenset(), frozenset()),
        )

    made = SimpleNamespace(
        curated=table(curated_columns),
        features=table(feature_columns),
        registers=SimpleNamespace(folders=dict.fromkeys(deliveries, "keys")),
    )
    if recorded:
        counts, shown = (SimpleNamespace(columns=of(before.features)) for of in (curated_columns, feature_columns))
        made.curated.metadata.properties |= basis_of_counts(counts, before)
        made.features.metadata.properties |= basis_of_features(shown)
    return made


def check(tables, contract, processed=("q2",), withdrawn=(), with_files=("q1", "q2")) -> None:
    refuse_mixed_counts(
        tables, contract, processed=processed, withdrawn=withdrawn, with_files=with_files, options=["--env dev"]
    )


def features(document):
    return next(each["value"] for each in document["schema"][0]["customProperties"] if each["property"] == "features")


def other_policy(document):
    said = document["schema"][0]["customProperties"]
    next(each for each in said if each["property"] == "conflicts")["value"] = "keepLast"


def other_key(document):
    column(document, "brand")["primaryKey"] = True


def finer_entity(document):
    features(document)["entity"] = ["brand", "time"]


def whole_days(document):
    features(document).update(eventTime={"date": "date"}, hourHistogram=False)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (other_policy, "conflicts: keepLast, not keepFirst"),
        (other_key, "key: sighting_id, brand, not sighting_id"),
        (finer_entity, "new columns: time"),
        (whole_days, "event time: date, not date, time"),
    ],
)
def test_counts_of_another_contract_are_not_mixed_with_those_of_this_one(contract, document, parse, change, reason):
    change(document)
    changed = parse(document)
    tables = open_tables(changed, held_by=contract)
    with pytest.raises(ContractError, match=rf"{reason}\).*leave delivery q1 as it was.*deliver.* --delivery q1,q2`"):
        check(tables, changed)
    with pytest.raises(ContractError, match=r"restore the raw files of q1 and run again.*--withdraw q1"):
        check(tables, changed, with_files=("q2",))
    check(tables, changed, processed=("q1", "q2"))
    check(tables, changed, withdrawn=("q1",))
    check(open_tables(contract), contract)


def test_coarser_entity_and_fewer_columns_are_counted_from_what_is_there(contract, document, parse):
    finer_entity(document)
    finer = parse(document)
    check(open_tables(contract, held_by=finer), contract)


@pytest.mark.parametrize("recorded", [True, False])
def test_coarser_entity_with_last_values_is_refused_while_a_delivery_stays(contract, recorded):
    def measured(*aggregates, entity) -> Contract:
        spec = contract.features.model_copy(
            update={"measures": (Measure(column="toll", aggregates=aggregates),), "entity": entity}
        )
        return contract.model_copy(update={"features": spec})

    finer, coarser = (measured("sum", "last", entity=entity) for entity in (("brand", "site"), ("site",)))
    tables = open_tables(coarser, held_by=finer, recorded=recorded)
    with pytest.raises(ContractError, match=r"entity: site, not brand, site.* toll_last\).*leave delivery q1"):
        check(tables, coarser)
    check(tables, coarser, processed=("q1", "q2"))
    check(open_tables(finer, recorded=recorded), finer)
    sums, sums_by_site = (measured("sum", entity=entity) for entity in (("brand", "site"), ("site",)))
    check(open_tables(sums_by_site, held_by=sums, recorded=recorded), sums_by_site)


def test_table_of_an_earlier_version_keeps_its_columns(contract, document, parse):
    features(document)["entity"], features(document)["count"] = ["brand"], "seen"
    changed = parse(document)
    with pytest.raises(ContractError, match="new columns: seen"):
        check(open_tables(changed, held_by=contract, recorded=False), changed)
    check(open_tables(contract, recorded=False), contract)


def test_column_that_becomes_another_type_is_refused_whatever_is_processed(contract, document, parse):
    features(document).update(entity=["time"], count="brand")
    changed = parse(document)
    with pytest.raises(
        ContractError, match=r"lake\.t has a column brand of type string, but the contract defines type long"
    ):
        check(open_tables(changed, held_by=contract), changed, processed=("q1", "q2"))


@pytest.mark.parametrize("recorded", [True, False])
def test_features_of_other_columns_are_all_computed_again(contract, document, parse, recorded):
    features(document)["lagDays"] = [1, 2, 7, 28]
    changed = parse(document)
    assert have_other_columns(open_tables(changed, held_by=contract, recorded=recorded).features)
    assert not have_other_columns(open_tables(contract, recorded=recorded).features)


def test_archived_delivery_gets_new_features_but_no_counts_that_its_files_alone_can_give(
    spark, lake, document, tmp_path
):
    def start(**changed) -> Any:
        features(document).update(changed)
        contract = tmp_path / "contract.yaml"
        contract.write_text(yaml.safe_dump(document))
        return run(parse_arguments([*lake.arguments, "--contract", str(contract)]), {}, Progress(lambda _: None))

    lake.deliver("2024Q1", f"{HEADER}\nk1,Opel,2024-01-01,10:00:00\nk2,Opel,2024-01-02,10:00:00\n")
    lake.deliver("2024Q2", f"{HEADER}\nk3,Opel,2024-04-01,10:00:00\n")
    start(lagDays=[7], hourHistogram=False)
    next((lake.raw / "delivery=2024Q1").iterdir()).unlink()
    start(lagDays=[1, 7])
    rows = GlueCatalog("test").load_table(f"{DATABASE}.{DATASET}_features").scan().to_arrow().to_pylist()
    assert sorted((row["day"].day, row["sightings_lag_1d"]) for row in rows if row["day"].month == 1)[:3] == [
        (1, None),
        (2, 1),
        (3, 1),
    ]
    with pytest.raises(ContractError, match=r"hour_00, hour_01, hour_02 and 21 more\).*raw files of 2024Q1"):
        start(hourHistogram=True)
