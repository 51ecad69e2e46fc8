# What BI shows of each feed: the counts per entity and day, and the quarantined rows per delivery and rule.
locals {
  # Without the bad rows that stopped a run, which are stored next to the quarantine.
  shown_folders = flatten([for dataset in keys(var.contracts) : [for zone in ["curated", "features", "quarantine"] : "${zone}/${dataset}/"]])

  data_sets = merge(
    {
      for dataset, features in local.features : "${dataset}_features" => {
        columns = concat(
          [for column in features.entity : { name = column, type = "STRING" }],
          [{ name = "day", type = "DATETIME" }, { name = "quarter", type = "STRING" }, { name = features.count_column, type = "INTEGER" }],
        )
        # Quoted, because a column of a contract may be called order or end.
        sql = format(
          "SELECT %s FROM ${module.glue_catalog.database}.${dataset}_features",
          join(", ", [for column in concat(features.entity, ["day", "quarter", features.count_column]) : "\"${column}\""]),
        )
        title = "${var.prefix}: features of ${dataset}"
      }
    },
    {
      for dataset in keys(var.contracts) : "${dataset}_quality" => {
        columns = [{ name = "delivery", type = "STRING" }, { name = "rule", type = "STRING" }, { name = "quarantined", type = "INTEGER" }]
        sql     = <<-SQL
          SELECT regexp_extract(file, 'delivery=([^/]+)', 1) AS delivery, broken.rule AS rule, count(*) AS quarantined
          FROM ${module.glue_catalog.database}.${module.glue_catalog.quarantine_tables[dataset]}
          CROSS JOIN UNNEST(reasons) AS broken(rule)
          GROUP BY 1, 2
        SQL
        title   = "${var.prefix}: quality of ${dataset}"
      }
    },
  )
}
