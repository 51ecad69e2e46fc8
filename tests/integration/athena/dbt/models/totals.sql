{{ config(materialized='view') }}
select s.brand, b.country, sum(s.price) as total
from {{ ref('sales_by_run') }} s join {{ ref('brands') }} b on s.brand = b.brand
group by s.brand, b.country
