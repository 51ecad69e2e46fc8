"""When the event of a row took place, from the column or columns that the contract names."""

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812

from etl_job.contract import Contract
from etl_job.schemas import parsed_column, value_column
from etl_job.values import hour_of, in_zone, is_readable, second_of_day


def hour_of_event(contract: Contract) -> Column:
    """Whole hours since 1970 began in UTC; null or nonsense for rows whose texts have not their form.

    Needs ``values.parsed_columns``, as the others here do.
    """
    wanted = contract.features.event_time
    if wanted.timestamp is not None or wanted.time_zone is not None:
        return F.floor(second_of_event(contract) / 3600).cast("int")
    hour = F.lit(0) if wanted.time is None else hour_of(contract.column(wanted.time), _text(wanted.time))
    return F.unix_date(_day(contract)) * 24 + hour


def second_of_event(contract: Contract) -> Column:
    """Whole seconds since 1970 began in UTC; null where clocks of the zone named skip such a time."""
    wanted = contract.features.event_time
    if wanted.timestamp is not None:
        return F.col(parsed_column(wanted.timestamp))
    in_day = F.lit(0) if wanted.time is None else second_of_day(contract.column(wanted.time), _text(wanted.time))
    shown = F.unix_date(_day(contract)).cast("long") * 86_400 + in_day
    return shown if wanted.time_zone is None else in_zone(F.timestamp_seconds(shown), wanted.time_zone)


def event_takes_place(contract: Contract) -> Column:
    """Whether clocks in the zone of a date and a time ever show them; true where their texts cannot be read."""
    wanted = contract.features.event_time
    forms = [
        F.coalesce(form, F.lit(False))
        for name in (wanted.date, wanted.time)
        if name is not None and (form := is_readable(contract.column(name))) is not None
    ]
    readable = forms[0] & forms[1] if len(forms) > 1 else forms[0]
    return ~readable | second_of_event(contract).isNotNull()


def _day(contract: Contract) -> Column:
    return F.col(parsed_column(contract.features.event_time.date or ""))


def _text(name: str) -> Column:
    return F.col(value_column(name))
