"""The basis on which a published table's rows were counted: key, event time and columns, as a table property.

A run processes some deliveries; the counts and keys of all others stay as earlier runs left them. Both can be combined
only if they were counted in the same way: a contract that counts differently is refused as long as a delivery stays.
A coarser entity adds up, unless features hold latest values: of several in one second, only the rows say which is last.
Features are computed from counts that the curated table holds: if their columns change, all of them are computed again.

Nor can the counts stay if another program changed them in a way that this run would not see: it deleted rows that the
files still hold, or set the table back to a state that its properties do not describe.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from itertools import takewhile

from pydantic import BaseModel, ConfigDict, Field

from etl_job.contract.feature_spec import Aggregate, FeatureSpec
from etl_job.contract.model import Contract
from etl_job.contract.schemas import DAY, DELIVERY
from etl_job.errors import ContractError, ForeignChangeError
from etl_job.findings.wording import some, typed
from etl_job.tables.dataset import Tables
from etl_job.tables.iceberg_state import IcebergState, iceberg_schema
from etl_job.tables.property_names import COUNTED_BY
from etl_job.tables.property_values import reader_of


class _Basis(BaseModel):
    """The record: the table's columns, if it has them, and the ways of counting by their names."""

    model_config = ConfigDict(strict=True, extra="allow")
    __pydantic_extra__: dict[str, str] = Field(init=False)
    columns: list[str] | None = None


_read_basis = reader_of(_Basis.model_validate_json, _Basis())


def basis_of_counts(curated: IcebergState, contract: Contract) -> dict[str, str]:
    """The curated table's property, if all of its rows are counted by this contract."""
    return {COUNTED_BY: json.dumps({**_ways_of_counting(contract), "columns": _names(curated)})}


def basis_of_features(features: IcebergState) -> dict[str, str]:
    """The features table's property, if all of its rows have the columns that the contract asks for."""
    return {COUNTED_BY: json.dumps({"columns": _names(features)})}


def have_other_columns(features: IcebergState) -> bool:
    """Whether the published features have other columns than the contract asks for, so that all must be computed."""
    known, wanted = _recorded(features).columns, _names(features)
    if not set(wanted) <= set(_held(features)):  # another program may have renamed one, too
        return True
    # An earlier version recorded none: in its tables, columns stay that are not asked for any more.
    return known is not None and sorted(known) != sorted(wanted)


def refuse_mixed_counts(
    tables: Tables,
    contract: Contract,
    *,
    processed: Sequence[str],
    withdrawn: Sequence[str],
    with_files: Collection[str],
    options: Sequence[str],
) -> None:
    """Check that unchanged deliveries were counted in the same way as those of this run, and are as they were counted.

    ``options`` are those with which a command names this environment and feed.

    Raises:
        ContractError: they were not, or a table has a column of that name and of another type.
        ForeignChangeError: another program changed them.
        TableRecordError: the record of a table cannot be read.
    """
    for table in (tables.curated, tables.features):
        _refuse_other_types(table)
        _recorded(table)  # an invalid record stops the run before it changes a table
    curated, files = tables.curated, tables.curated.data_files()
    held = {file.partition for file in files}
    staying = sorted((held | tables.registers.folders.keys() if contract.key else held) - {*processed, *withdrawn})
    remedy = partial(_remedy, processed, withdrawn, with_files, options)
    changes = changes_of_counting(curated, contract) if staying else ()
    if changes:
        raise ContractError(
            f"the contract now counts rows differently ({'; '.join(changes)}), but this run would leave delivery "
            f"{some(staying)} as it was counted before: {remedy(staying, 'process all deliveries')}, or publish the "
            "change as a new dataset; nothing was written"
        )
    cut = sorted({file.partition for file in files if file.has_deletes} & {*staying})
    if cut:
        raise ForeignChangeError(
            f"another program deleted rows of delivery {some(cut)} from {curated.identifier}, and this run would count "
            f"them again: {remedy(cut, 'process it again')}, or let that program rewrite the table's files; nothing "
            "was written"
        )
    back = curated.changes_taken_back
    unlike = sorted({*staying} & (back.processed | back.withdrawn)) if back else staying
    if unlike:
        raise ForeignChangeError(
            f"somebody set {curated.identifier} back to an earlier state, in which delivery {some(unlike)} is not as "
            f"its keys are recorded: {remedy(unlike, 'process it again')}, or make the table's newest snapshot the "
            "current one; nothing was written"
        )


def _remedy(
    processed: Sequence[str],
    withdrawn: Sequence[str],
    with_files: Collection[str],
    options: Sequence[str],
    left: Sequence[str],
    verb: str,
) -> str:
    """What to do about deliveries that a run would have left, in words: the run that processes them too."""
    without_files = [name for name in left if name not in with_files]
    named = {"--delivery": {*processed, *left} - {*without_files}, "--withdraw": {*withdrawn, *without_files}}
    command = [word for option, of_it in named.items() if of_it for word in (option, ",".join(sorted(of_it)))]
    run = f"`{typed(('run', *command), options)}`"
    if without_files:
        lost = ", ".join(without_files)
        return f"restore the raw files of {lost} and run again, or withdraw it and process the others with {run}"
    return f"{verb} with {run}"


def _ways_of_counting(contract: Contract) -> dict[str, str]:
    """What defines the meaning of a curated row besides its columns, in words."""
    when = contract.features.event_time
    return {
        "key": ", ".join(contract.key) or "none",
        **({"conflicts": str(contract.conflicts)} if contract.key else {}),
        "event time": ", ".join(filter(None, (when.timestamp, when.date, when.time))),
    }


def changes_of_counting(curated: IcebergState, contract: Contract) -> tuple[str, ...]:
    """What the contract counts differently from the curated table's rows; no features of it can be made from them."""
    basis, now, held = _recorded(curated), _ways_of_counting(contract), _held(curated)
    before = now | basis.__pydantic_extra__
    changed = [f"{what}: {now[what]}, not {before[what]}" for what in now if before[what] != now[what]]
    recorded = held if basis.columns is None else basis.columns
    columns = [name for name in recorded if name in held]  # another program may have renamed one
    new = [name for name in _names(curated) if name not in columns]
    return (
        *changed,
        *([f"new columns: {some(new)}"] if new else ()),
        *_last_values_of_several_entities(columns, contract.features),
    )


def _last_values_of_several_entities(columns: Sequence[str], spec: FeatureSpec) -> Iterator[str]:
    """What is unknown if entities become one: of latest values in the same second, counts do not say which came last.

    ``columns`` are those of the counts, in their order: the delivery, the entity, the day, and what was counted.
    """
    entity = [name for name in takewhile(lambda name: name != DAY, columns) if name != DELIVERY]
    lost = [measure.published_as("last") for measure in spec.measures if Aggregate.LAST in measure.aggregates]
    if lost and not set(entity) <= set(spec.entity):
        now, before = (", ".join(names) or "none" for names in (spec.entity, entity))
        yield f"entity: {now}, not {before}, and it is not known which of their values in one second is {some(lost)}"


def _refuse_other_types(table: IcebergState) -> None:
    held = {field.name: field.field_type for field in table.metadata.schema().fields}
    for field in iceberg_schema(table.columns).fields:
        if held.get(field.name, field.field_type) != field.field_type:
            raise ContractError(
                f"{table.identifier} has a column {field.name} of type {held[field.name]}, but the contract defines "
                f"type {field.field_type}: give it another name, or publish the change as a new dataset; nothing "
                "was written"
            )


def _held(table: IcebergState) -> list[str]:
    return [field.name for field in table.metadata.schema().fields]


def _names(table: IcebergState) -> list[str]:
    return [column.name for column in table.columns]


def _recorded(table: IcebergState) -> _Basis:
    return _read_basis(table.metadata.properties, COUNTED_BY, table.identifier)
