-- One thread: rows are numbered as they are read.
set threads = 1;
-- The features of charging sessions computed by DuckDB from the raw files; none of it is taken from the job.
create or replace table raw as
select
    row_number() over () as place,
    regexp_extract(filename, 'delivery=([^/]+)', 1) as delivery,
    filename,
    string_split(line, ';') as f
from read_csv(getvariable('files'), columns = {'line': 'varchar'}, delim = '\x01', quote = '', escape = '',
              header = false, filename = true, compression = 'gzip')
where line not like 'session_id;%';

create or replace table kept as
with typed as (
    select
        place, delivery, filename,
        try_cast(f[1] as bigint) as session_id,
        f[2] as site,
        f[3] as plug,
        try_cast(f[4] as timestamptz) as moment,
        nullif(f[5], '') as energy_text,
        try_cast(replace(nullif(f[5], ''), ',', '.') as decimal(24, 6)) as energy_kwh,
        try_cast(f[6] as bigint) as duration_s
    from raw
    where len(f) = 7
      and regexp_full_match(f[1], '[0-9]+')
      and f[3] in ('ccs', 'type2', 'chademo')
      and regexp_full_match(f[4], '.*(Z|[+-][0-9]{2}:[0-9]{2})')
      and regexp_full_match(f[6], '[0-9]+')
      and f[7] in ('', 'true', 'false')
)
select *, (moment at time zone 'UTC')::date as day
from typed
where moment is not null
  and (energy_text is null or (position('.' in energy_text) = 0 and energy_kwh between 0 and 400))
qualify row_number() over (partition by session_id order by delivery desc, place desc) = 1;

create or replace table expected as
with daily as (
    select
        site, plug, day,
        count(*) as sessions,
        sum(energy_kwh)::double as energy_kwh_sum,
        sum(energy_kwh)::double / nullif(count(energy_kwh), 0) as energy_kwh_mean,
        min(energy_kwh)::double as energy_kwh_min,
        max(energy_kwh)::double as energy_kwh_max,
        (array_agg(energy_kwh order by moment desc, delivery desc, place desc)
            filter (energy_kwh is not null))[1]::double as energy_kwh_last,
        sum(duration_s)::double / count(duration_s) as duration_s_mean,
        max(duration_s)::double as duration_s_max
    from kept
    group by all
),
calendar as (
    select site, plug, unnest(generate_series(first_day, last_day, interval 1 day))::date as day
    from (select site, plug, min(day) as first_day, (select max(day) from daily) as last_day from daily group by all)
),
filled as (
    select calendar.*, coalesce(sessions, 0) as sessions, coalesce(energy_kwh_sum, 0) as energy_kwh_sum,
           daily.* exclude (site, plug, day, sessions, energy_kwh_sum)
    from calendar left join daily using (site, plug, day)
)
select
    *,
    year(day) || 'Q' || quarter(day) as quarter,
    avg(sessions) over (partition by site, plug order by day rows 6 preceding) as sessions_mean_7d,
    lag(sessions, 7) over (partition by site, plug order by day) as sessions_lag_7d
from filled;
