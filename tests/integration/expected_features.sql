-- The pipeline once more, in DuckDB and straight from the raw files: what etl_job publishes must equal this cell by cell.
-- Variable files: a glob over the raw CSV files.
create table raw as
select
    regexp_extract(filename, 'delivery=([^/]+)/', 1) as delivery,
    filename,
    row_number() over () as row,
    string_split(line, ',') as cells
from (
    select filename, unnest(string_split(rtrim(content, chr(10)), chr(10))[2:]) as line
    from read_text(getvariable('files'))
);

create table valid as
select
    delivery,
    cells[1] as sighting_id,
    cells[2] as brand,
    try_strptime(cells[3], '%Y-%m-%d')::date as day,
    try_strptime(cells[4], '%H:%M:%S') as moment,
    min(filename || lpad(row::varchar, 12, '0')) over (partition by cells[1]) as first_of_key,
    filename || lpad(row::varchar, 12, '0') as position
from raw
where len(cells) = 4
    and regexp_full_match(cells[1], '[A-Za-z0-9-]+') and len(cells[1]) <= 36
    and len(cells[2]) between 1 and 40
    and regexp_full_match(cells[3], '[0-9]{4}-[0-9]{2}-[0-9]{2}') and try_strptime(cells[3], '%Y-%m-%d') is not null
    and cells[3] >= '2000-01-01'
    and regexp_full_match(cells[4], '[0-9]{2}:[0-9]{2}:[0-9]{2}') and try_strptime(cells[4], '%H:%M:%S') is not null;

create table kept as
select delivery, brand, day, hour(moment) as hour from valid where position = first_of_key;

create table daily as
select brand, day, count(*) as sightings,
    {hours}
from kept group by all;

create table calendar as
select brand, unnest(generate_series(first_day, (select max(day) from daily), interval 1 day))::date as day
from (select brand, min(day) as first_day from daily group by brand);

create table filled as
select brand, day, coalesce(sightings, 0) as sightings,
    {filled_hours}
from calendar left join daily using (brand, day);

create table expected as
select
    brand,
    day,
    year(day) || 'Q' || quarter(day) as quarter,
    sightings,
    case when sum(sightings) over (partition by day) > 0
        then sightings / sum(sightings) over (partition by day) end as share,
    columns('hour_.*'),
    avg(sightings) over (partition by brand order by day rows 6 preceding) as sightings_mean_7d,
    avg(sightings) over (partition by brand order by day rows 27 preceding) as sightings_mean_28d,
    lag(sightings, 1) over (partition by brand order by day) as sightings_lag_1d,
    lag(sightings, 7) over (partition by brand order by day) as sightings_lag_7d,
    lag(sightings, 28) over (partition by brand order by day) as sightings_lag_28d,
    sum(sightings) over (partition by brand, year(day), quarter(day) order by day rows unbounded preceding)
        as sightings_quarter_to_date
from filled;
