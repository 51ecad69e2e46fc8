"""Every row becomes part of an hourly count or one quarantined row, in one pass over the bytes.

Rows are judged while they are read and staged as Parquet (staging.py), a few numbers for each. From there they are
settled, counted, quarantined and published. So the raw files are read once, and what is published, quarantined and
counted stems from the same rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from etl_job.catalog import Delivery
from etl_job.contract import CONFLICT, ConflictPolicy, Contract
from etl_job.event_time import hour_of_event, second_of_event
from etl_job.extent import gathered
from etl_job.free_rules import typed_columns
from etl_job.object_store import StoredFile
from etl_job.rules import Rule, broken_rules, is_broken, names_of_broken, warnings_of
from etl_job.schemas import (
    BLOCK,
    BROKEN,
    BROKEN_ROWS,
    CLASS,
    CONFLICTS,
    CONTENT,
    DAY,
    DELIVERY,
    DIFFERS,
    DUPLICATES,
    FILE,
    HOUR,
    KEPT,
    KEY_1,
    KEY_2,
    KIND,
    LATEST_DAY,
    LINE,
    NO_BLOCK,
    PLAIN_ROWS,
    QUARANTINED,
    QUOTED_ROWS,
    ROW,
    ROWS,
    RUN_ID,
    SECOND,
    VALID_ROWS,
    WARNED,
    hour_columns,
    needs_seconds,
    number_column,
    parsed_column,
    value_column,
)
from etl_job.values import parsed_columns

_COUNTS = (KEPT, DUPLICATES, CONFLICTS, QUARANTINED)


@dataclass(frozen=True, slots=True)
class DeliveryOutcome:
    """What became of one delivery's rows; days and warnings are those of kept rows."""

    delivery: str
    kept: int
    quarantined: int
    duplicates: int
    conflicts: int
    violations: dict[str, int]
    first_day: date | None
    last_day: date | None
    warned: int = 0
    warnings: dict[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """All rows of the delivery, each in exactly one of the three classes."""
        return self.kept + self.quarantined + self.duplicates


def classify_rows(
    rows: DataFrame,
    contract: Contract,
    rules: Sequence[Rule],
    deliveries: Sequence[Delivery],
    set_quoted_aside: bool = False,
) -> DataFrame:
    """Say of each row which rules it breaks, and keep of it only what its class needs, as it is staged.

    Of a valid row that is two hashes of its key, one of its text, entity and hour; of a broken one its text. The
    numbers of files count those with rows, delivery by delivery. Rows whose text holds quotes can be set aside, with
    all of it, for those who parse them.
    """
    of_file = [delivery.name for delivery in deliveries for _ in delivery.files_with_rows]
    parsed = rows.withColumns({LATEST_DAY: _latest_day(deliveries), **parsed_columns(contract.columns)})
    known = parsed.withColumns(typed_columns(contract)) if contract.quality else parsed
    judged = known.select("*", broken_rules(rules), broken_rules(warnings_of(contract), WARNED))
    valid = F.col(BROKEN) == 0
    keys = [F.col(value_column(name)) for name in contract.key]
    hashes = (
        F.when(valid & F.lit(bool(keys)), F.xxhash64(*salt, *keys)).alias(name)
        for name, salt in ((KEY_1, [F.lit(0)]), (KEY_2, [F.lit(1)]))
    )
    kind = F.when(valid, VALID_ROWS).otherwise(BROKEN_ROWS)
    # Which rows are in conflict is known only when they have met: their text must still be there then.
    keeps_line = F.lit(True) if contract.conflicts is ConflictPolicy.QUARANTINE_BOTH else ~valid
    if set_quoted_aside:
        quoted = F.col(LINE).contains(contract.csv.quote_symbol)
        kind, keeps_line = F.when(quoted, QUOTED_ROWS).otherwise(kind), quoted | keeps_line
    return judged.select(
        F.get(F.array(*map(F.lit, of_file)), F.col(FILE)).alias(DELIVERY),
        *hashes,
        F.when(valid & F.lit(bool(keys)), F.xxhash64(LINE)).alias(CONTENT),
        *(F.when(valid, F.col(value_column(n))).alias(value_column(n)) for n in contract.features.entity),
        F.when(valid, hour_of_event(contract)).alias(HOUR),
        *((F.when(valid, second_of_event(contract)).alias(SECOND),) if needs_seconds(contract.features) else ()),
        *(
            F.when(valid, F.col(parsed_column(m.column))).alias(number_column(m.column))
            for m in contract.features.measures
        ),
        BROKEN,
        F.when(valid, F.col(WARNED)).otherwise(F.lit(0).cast("long")).alias(WARNED),
        F.when(keeps_line, F.col(LINE)).alias(LINE),
        FILE,
        BLOCK,
        ROW,
        kind.alias(KIND),
    )


def latest_event_day(file: StoredFile) -> date:
    """The last day that an event of a file can have: the one after its upload, since a day begins earlier elsewhere."""
    return datetime.fromtimestamp(file.modified, UTC).date() + timedelta(days=1)


def _latest_day(deliveries: Sequence[Delivery]) -> Column:
    days = [latest_event_day(file) for delivery in deliveries for file in delivery.files_with_rows]
    return F.lit(days[0]) if len(set(days)) == 1 else F.get(F.array(*map(F.lit, days)), F.col(FILE)).cast("date")


def count_outcomes(
    staged: DataFrame, suspects: DataFrame | None, contract: Contract, plain_counts: DataFrame | None = None
) -> DataFrame:
    """A line per delivery, entity, day and set of broken rules, warnings too: how many rows became what.

    If the contract asks for a histogram, a line says for each hour of the day how many rows were kept. All valid rows
    count as kept, and what became of the ``suspects`` (staging.settle) is set against that: so only they need to be
    ordered, and the others are counted where they are read. ``plain_counts`` are those of the plain rows, which need
    not be counted again then.
    """
    entity, warned = [value_column(name) for name in contract.features.entity], _warned(contract)
    valid, n = F.col(BROKEN) == 0, F.col(ROWS)
    read = staged if plain_counts is None else staged.where(F.col(KIND) != PLAIN_ROWS)
    every = read.groupBy(DELIVERY, *entity, HOUR, *warned, BROKEN).agg(F.count(F.lit(1)).alias(ROWS))
    all_valid_kept = {
        KEPT: F.when(valid, n).otherwise(_zero()),
        DUPLICATES: _zero(),
        CONFLICTS: _zero(),
        QUARANTINED: F.when(valid, _zero()).otherwise(n),
    }
    lines = [_lines(every, all_valid_kept, contract)]
    if plain_counts is not None:
        lines.append(_plain_lines(plain_counts, contract))
    return _added_up([*lines, *_lines_of_suspects(suspects, contract)], contract)


def count_plain_outcomes(plain_counts: DataFrame, suspects: DataFrame | None, contract: Contract) -> DataFrame:
    """The same of plain rows only, counted by one task."""
    lines = [_plain_lines(plain_counts, contract), *_lines_of_suspects(suspects, contract)]
    return _added_up(lines, contract, in_one_task=True)


def _line_keys(contract: Contract) -> list[str]:
    entity = [value_column(name) for name in contract.features.entity]
    return [DELIVERY, *entity, DAY, *_warned(contract), BROKEN]


def _warned(contract: Contract) -> list[str]:
    return [WARNED] if contract.warning_names else []


def _zero() -> Column:
    return F.lit(0).cast("long")


def _added_up(lines: Sequence[DataFrame], contract: Contract, in_one_task: bool = False) -> DataFrame:
    together, by = reduce(DataFrame.unionByName, lines), _line_keys(contract)
    counts = (F.expr(f"sum({name}) AS {name}") for name in together.columns[len(by) :])
    return gathered(together, in_one_task).groupBy(*by).agg(*counts)


def _plain_lines(plain_counts: DataFrame, contract: Contract) -> DataFrame:
    """Plain rows as if all were kept."""
    none_else = dict.fromkeys((BROKEN, WARNED, DUPLICATES, CONFLICTS, QUARANTINED), _zero())
    counted = plain_counts.withColumns({**none_else, KEPT: F.col(ROWS)})
    return counted.select(*_line_keys(contract), *_COUNTS, *hour_columns(contract.features))


def _lines_of_suspects(suspects: DataFrame | None, contract: Contract) -> list[DataFrame]:
    """What is to be set against counts in which all suspects are kept."""
    if suspects is None:
        return []
    one = F.lit(1).cast("long")
    lost = suspects.where(F.col(CLASS) != KEPT)
    duplicate = F.col(CLASS) == DUPLICATES
    instead = {
        BROKEN: _zero(),
        KEPT: -one,
        DUPLICATES: F.when(duplicate, one).otherwise(_zero()),
        CONFLICTS: F.when(duplicate & F.col(DIFFERS), one).otherwise(_zero()),
        QUARANTINED: _zero(),
    }
    lines = [_lines(lost, instead, contract)]
    if contract.conflicts is ConflictPolicy.QUARANTINE_BOTH:
        bad = {KEPT: _zero(), DUPLICATES: _zero(), CONFLICTS: _zero(), QUARANTINED: one}
        lines.append(_lines(lost.where(~duplicate), bad, contract))
    return lines


def _lines(rows: DataFrame, counts: Mapping[str, Column], contract: Contract) -> DataFrame:
    """Counts as a line has them; those of kept rows are also those of their hour of the day."""
    hours = (
        f"CASE WHEN pmod({HOUR}, 24) = {hour} THEN {KEPT} ELSE 0L END AS {name}"
        for hour, name in enumerate(hour_columns(contract.features))
    )
    counted = rows.withColumns({DAY: F.date_from_unix_date(F.floor(F.col(HOUR) / 24).cast("int")), **counts})
    # One expression for all, not a call to Java for each part of each.
    return counted.selectExpr(*(f"`{name}`" for name in _line_keys(contract)), *_COUNTS, *hours)


def delivery_outcomes(
    outcomes: DataFrame, rules: Sequence[Rule], deliveries: Sequence[str], warnings: Sequence[str] = ()
) -> tuple[DeliveryOutcome, ...]:
    """Add the outcomes up per delivery. Runs a Spark job; a delivery without rows has zeros."""
    kept_day = F.when(F.col(KEPT) > 0, F.col(DAY))
    broken = F.col(QUARANTINED)
    counted = outcomes.groupBy(DELIVERY).agg(
        *(F.sum(name).alias(name) for name in (KEPT, QUARANTINED, DUPLICATES, CONFLICTS)),
        *(F.sum(F.when(is_broken(bit), broken).otherwise(0)).alias(f"_rule_{bit}") for bit in range(len(rules))),
        *(
            F.sum(F.when(is_broken(bit, WARNED), F.col(KEPT)).otherwise(0)).alias(f"_warning_{bit}")
            for bit in range(len(warnings))
        ),
        F.sum(F.when(F.col(WARNED) != 0, F.col(KEPT)).otherwise(0) if warnings else F.lit(0)).alias(WARNED),
        F.min(kept_day).alias("_first_day"),
        F.max(kept_day).alias("_last_day"),
    )
    found = {row[DELIVERY]: row for row in counted.collect()}
    results = []
    for name in deliveries:
        row = found.get(name)
        if row is None:
            results.append(DeliveryOutcome(name, 0, 0, 0, 0, {}, None, None))
            continue
        results.append(
            DeliveryOutcome(
                name,
                kept=row[KEPT],
                quarantined=row[QUARANTINED],
                duplicates=row[DUPLICATES],
                conflicts=row[CONFLICTS],
                violations={rule.name: row[f"_rule_{bit}"] for bit, rule in enumerate(rules) if row[f"_rule_{bit}"]},
                first_day=row["_first_day"],
                last_day=row["_last_day"],
                warned=row[WARNED],
                warnings={name: row[f"_warning_{bit}"] for bit, name in enumerate(warnings) if row[f"_warning_{bit}"]},
            )
        )
    return tuple(results)


def curated_rows(outcomes: DataFrame, contract: Contract) -> DataFrame:
    """The daily counts, as the curated table holds them; measures.py adds to them."""
    spec = contract.features
    entity = (F.col(value_column(name)).alias(name) for name in spec.entity)
    kept, hours = outcomes.where(F.col(KEPT) > 0), hour_columns(spec)
    if not contract.warning_names:  # then a day has one line of rows that broke nothing
        return kept.select(DELIVERY, *entity, DAY, F.col(KEPT).alias(spec.count), *hours)
    of_hour = (F.sum(name).alias(name) for name in hours)
    return kept.groupBy(DELIVERY, *entity, DAY).agg(F.sum(KEPT).alias(spec.count), *of_hour)


def quarantined_rows(
    staged: DataFrame, suspects: DataFrame | None, rules: Sequence[Rule], file_order: Sequence[str], run_id: str
) -> DataFrame:
    """The quarantined rows: raw text, file, and the names of all rules they break.

    ``row_number`` counts the rows of a file from 1, where the format knows it; else ``part_offset`` is the byte at
    which the part of the file begins that one task read. ``position`` orders the rows of a file.
    """
    uris = F.array(*(F.lit(uri) for uri in file_order))
    columns = [DELIVERY, LINE, FILE, BLOCK, ROW, BROKEN]
    rows = staged.where(F.col(KIND) == BROKEN_ROWS).select(*columns)
    if suspects is not None and any(rule.name == CONFLICT for rule in rules):
        rows = rows.unionByName(suspects.where(F.col(CLASS) == QUARANTINED).select(*columns))
    return rows.select(
        DELIVERY,
        F.col(LINE).alias("raw"),
        F.get(uris, F.col(FILE)).alias("file"),
        names_of_broken(rules).alias("reasons"),
        F.when(F.col(BLOCK) != NO_BLOCK, F.col(BLOCK)).alias("part_offset"),
        F.when(F.col(BLOCK) == NO_BLOCK, F.col(ROW) + 1).alias("row_number"),
        F.lit(run_id).alias(RUN_ID),
        F.struct(BLOCK, ROW).alias("position"),
    )
