{{ config(materialized='incremental', table_type='iceberg', incremental_strategy='merge', unique_key=['id', 'run']) }}
select id, brand, price, {{ var('run') }} as run
from {{ ref('sales') }}
{% if is_incremental() %}
where {{ var('run') }} > (select max(run) from {{ this }})
{% endif %}
