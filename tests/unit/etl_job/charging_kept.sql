-- One thread: rows are numbered as they are read.
set threads = 1;
-- The charging sessions that count, found by DuckDB in the raw CSV files; none of it is taken from the job.
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
