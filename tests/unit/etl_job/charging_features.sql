-- The features of the charging sessions in the table "kept", computed by DuckDB; none of it is taken from the job.
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
