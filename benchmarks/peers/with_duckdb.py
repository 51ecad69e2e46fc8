"""The same work in DuckDB: what one machine needs where nothing has to scale beyond it."""

import json
import sys
from pathlib import Path

import duckdb

HOURS = [f"hour_{hour:02d}" for hour in range(24)]
COUNTED_HOURS = ", ".join(f"count(*) filter (hour = {n}) as {name}" for n, name in enumerate(HOURS))
FILLED_HOURS = ", ".join(f"coalesce({name}, 0) as {name}" for name in HOURS)
READ = """
create temp table judged as
select id, brand, day, hour(try_strptime(time, '%H:%M:%S')) as hour, line,
    coalesce(
        regexp_full_match(id, '[A-Za-z0-9-]{1,36}') and length(brand) between 1 and 40
        and regexp_full_match(date, '[0-9]{4}-[0-9]{2}-[0-9]{2}') and day >= date '2000-01-01'
        and try_strptime(time, '%H:%M:%S') is not null,
        false
    ) as valid
from (
    select id, brand, date, time, try_cast(date as date) as day, concat_ws(',', id, brand, date, time) as line
    from read_csv(getvariable('files'), header = true, delim = ',', quote = '', escape = '', auto_detect = false,
        columns = {'id': 'varchar', 'brand': 'varchar', 'date': 'varchar', 'time': 'varchar'},
        store_rejects = true, rejects_limit = 0)
)
"""
FEATURES = f"""
create temp table daily as
select brand, day, count(*) as sightings, {COUNTED_HOURS} from kept group by all;

create temp table filled as
with calendar as (
    select brand, unnest(generate_series(min(day), (select max(day) from daily), interval 1 day))::date as day
    from daily group by brand
)
select brand, day, coalesce(sightings, 0) as sightings, {FILLED_HOURS} from calendar left join daily using (brand, day);

create temp table features as
select *,
    case when sum(sightings) over (partition by day) > 0
        then sightings / sum(sightings) over (partition by day) end as share,
    avg(sightings) over (of_brand rows 6 preceding) as sightings_mean_7d,
    avg(sightings) over (of_brand rows 27 preceding) as sightings_mean_28d,
    lag(sightings, 1) over of_brand as sightings_lag_1d,
    lag(sightings, 7) over of_brand as sightings_lag_7d,
    lag(sightings, 28) over of_brand as sightings_lag_28d,
    sum(sightings) over (partition by brand, quarter order by day rows unbounded preceding)
        as sightings_quarter_to_date
from (select *, year(day) || 'Q' || quarter(day) as quarter from filled)
window of_brand as (partition by brand order by day)
order by quarter, brand, day
"""  # noqa: S608


def main(raw: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    database = duckdb.connect(config={"threads": 2, "temp_directory": str(out / "spill")})
    database.execute("set variable files = ?", [f"{raw}/*/*.csv"])
    database.execute(READ)
    database.execute("create temp table kept as select distinct id, brand, day, hour from judged where valid")
    database.execute(FEATURES)
    rejected = "select csv_line as line from reject_errors group by file_id, line, csv_line"
    quarantine = f"select line from judged where not valid union all ({rejected})"  # noqa: S608
    for name, query in (("quarantine", quarantine), ("features", "select * from features")):
        by = ", partition_by (quarter)" if name == "features" else ""
        target = out / name if by else out / f"{name}.parquet"
        database.execute(f"copy ({query}) to '{target}' (format parquet, compression zstd{by})")

    def count(query: str) -> int:
        return int(database.sql(f"select count(*) from ({query})").fetchall()[0][0])  # noqa: S608

    read, broken, valid, kept = (
        count(query) for query in ("from judged", rejected, "from judged where valid", "from kept")
    )
    rows_in = read + broken
    print(json.dumps({"rows_in": rows_in, "kept": kept, "quarantined": rows_in - valid, "duplicates": valid - kept}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
