"""Names and types of columns: the job's internal columns and those of the published tables, defined once."""

from dataclasses import dataclass

from etl_job.contract.column_types import SUM_KIND, TYPES, VALUE_KIND
from etl_job.contract.feature_spec import Aggregate, FeatureSpec, Measure

# Internal columns begin with an underscore, which no column of a published table does.
LINE = "_line"  # raw text of a row
FILE = "_file"  # number of the raw file in the run's file order
BLOCK = "_block"  # where the reading task's part of the file begins, in bytes
PART = "_part"  # number of the part of a file that a row is in
ROW = "_row"  # counts rows within a block
NO_BLOCK = -1  # in place of a block, where rows are counted from the file's first
BROKEN = "_broken"  # bit n set: the n-th rule is broken
WARNED = "_warned"  # the same of rules that are counted only
DAY = "day"
SECOND = "_second"  # seconds since 1970, where the latest value of a day matters
HOUR = "_hour"  # hours since 1970, which is day and hour of the day in one number
KEY_1 = "_key_1"  # two hashes of the key's values, 128 bits together: rows of one key share both
KEY_2 = "_key_2"
CONTENT = "_content"  # hash of a row's text: rows of one key with different ones are in conflict
RANK = "_rank"  # 1 for the row of a key that is kept
DIFFERS = "_differs"  # the row is not the same as the one that is kept in its stead
KIND = "kind"  # folder of staged rows: those with a key that may be kept, or broken ones
ROWS = "_rows"  # the number of rows that a line of counts represents

CLASS = "_class"  # what became of a row: one of the first three below
KEPT = "_kept"
QUARANTINED = "_quarantined"
DUPLICATES = "_duplicates"

DELIVERY = "delivery"
QUARTER = "quarter"
RUN_ID = "run_id"
SHARE = "share"

VALID_ROWS = "valid"
OLD_VALID_ROWS = "plain"  # valid as well, in registers that earlier versions left
BROKEN_ROWS = "broken"

HOURS = tuple(f"hour_{hour:02d}" for hour in range(24))


def value_column(name: str) -> str:
    """The internal column that holds a contract column's text."""
    return f"_v_{name}"


def number_column(name: str) -> str:
    """The internal column that holds a measure's number."""
    return f"_n_{name}"


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of a published table: ``kind`` is one of ``column_types.TYPES``."""

    name: str
    kind: str


def hour_columns(spec: FeatureSpec) -> tuple[str, ...]:
    """The 24 counts per hour of the day, if the contract asks for them."""
    return HOURS if spec.hour_histogram else ()


def curated_columns(spec: FeatureSpec) -> tuple[TableColumn, ...]:
    """Daily counts and parts of measures per delivery; a day's total is combined from its deliveries."""
    return (
        TableColumn(DELIVERY, "string"),
        *(TableColumn(name, "string") for name in spec.entity),
        TableColumn(DAY, "date"),
        TableColumn(spec.count, "long"),
        *(TableColumn(name, "long") for name in hour_columns(spec)),
        *(part for measure in spec.measures for part in measure_parts(measure)),
    )


def measure_parts(measure: Measure) -> tuple[TableColumn, ...]:
    """The parts of a measure that its aggregates need, and that can be combined across deliveries."""
    wanted, parts = measure.aggregates, []
    if Aggregate.SUM in wanted or Aggregate.MEAN in wanted:
        parts += [("sum", SUM_KIND), ("count", "long")]
    parts += [(aggregate, VALUE_KIND) for aggregate in (Aggregate.MIN, Aggregate.MAX) if aggregate in wanted]
    if Aggregate.LAST in wanted:
        parts += [("last", VALUE_KIND), ("last_second", "long")]
    return tuple(TableColumn(measure.published_as(part), kind) for part, kind in parts)


def staged_columns(spec: FeatureSpec) -> tuple[TableColumn, ...]:
    """Every row of a run as it was read and judged, before rows with the same key are compared."""
    return (
        TableColumn(DELIVERY, "string"),
        TableColumn(KEY_1, "long"),
        TableColumn(KEY_2, "long"),
        TableColumn(CONTENT, "long"),
        *(TableColumn(value_column(name), "string") for name in spec.entity),
        TableColumn(HOUR, "int"),
        *((TableColumn(SECOND, "long"),) if any(Aggregate.LAST in m.aggregates for m in spec.measures) else ()),
        *(TableColumn(number_column(measure.column), VALUE_KIND) for measure in spec.measures),
        TableColumn(BROKEN, "long"),
        TableColumn(WARNED, "long"),
        TableColumn(LINE, "string"),
        TableColumn(FILE, "int"),
        TableColumn(BLOCK, "long"),
        TableColumn(ROW, "long"),
    )


def count_columns(spec: FeatureSpec) -> tuple[TableColumn, ...]:
    """The counts of a run's valid rows, also per hour of the day if the contract asks for it."""
    return (
        TableColumn(DELIVERY, "string"),
        *(TableColumn(value_column(name), "string") for name in spec.entity),
        TableColumn(DAY, "date"),
        TableColumn(ROWS, "long"),
        *(TableColumn(name, "long") for name in hour_columns(spec)),
    )


def feature_columns(spec: FeatureSpec) -> tuple[TableColumn, ...]:
    """One row per entity and day of its calendar; ``features.py`` explains the columns."""
    return (
        *(TableColumn(name, "string") for name in spec.entity),
        TableColumn(DAY, "date"),
        TableColumn(QUARTER, "string"),
        TableColumn(spec.count, "long"),
        *((TableColumn(SHARE, "double"),) if spec.share else ()),
        *(TableColumn(name, "long") for name in hour_columns(spec)),
        *(TableColumn(spec.mean_column(days), "double") for days in spec.rolling_mean_days),
        *(TableColumn(spec.lag_column(days), "long") for days in spec.lag_days),
        *((TableColumn(spec.to_date_column, "long"),) if spec.to_date else ()),
        *(TableColumn(m.published_as(aggregate), "double") for m in spec.measures for aggregate in m.aggregates),
    )


def names(columns: tuple[TableColumn, ...]) -> list[str]:
    """Only the names."""
    return [column.name for column in columns]


def ddl(columns: tuple[TableColumn, ...]) -> str:
    """As a Spark schema string."""
    return ", ".join(f"`{column.name}` {TYPES[column.kind].spark}" for column in columns)
