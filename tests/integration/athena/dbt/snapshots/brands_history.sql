{% snapshot brands_history %}
{{ config(unique_key='brand', strategy='check', check_cols=['country'], table_type='iceberg',
          target_schema=target.schema) }}
select brand, country from {{ ref('brands') }}
{% endsnapshot %}
