# Queries that are useful for every feed, in SQL that Athena shares with other engines. The delivery of a quarantined row is
# in the path of its raw file. Column names from the contract are quoted, because a column may be called order or end.
locals {
  _delivery = "regexp_extract(file, 'delivery=([^/]+)', 1)"

  _feed_queries = merge([
    for dataset, feed in var.feeds : {
      "${dataset}/features-latest-quarter" = {
        description = "Features of ${dataset} in the newest quarter"
        sql         = <<-SQL
          SELECT *
          FROM ${dataset}_features
          WHERE quarter = (SELECT max(quarter) FROM ${dataset}_features)
          ORDER BY ${join(", ", [for column in concat(["day"], feed.entity) : "\"${column}\""])}
        SQL
      }
      "${dataset}/features-per-quarter" = {
        description = "How much ${dataset} counted in each quarter"
        sql         = <<-SQL
          SELECT quarter, count(*) AS feature_rows, min(day) AS first_day, max(day) AS last_day,
                 sum("${feed.count_column}") AS "${feed.count_column}"
          FROM ${dataset}_features
          GROUP BY quarter
          ORDER BY quarter
        SQL
      }
      # The snapshot of a quarter's tag, for FOR VERSION AS OF: the newest snapshot without a day after that quarter.
      "${dataset}/features-as-of-quarters" = {
        description = "Snapshots of the features of ${dataset} up to each quarter, and what came later"
        sql         = <<-SQL
          SELECT element_at(summary, 'quartal.as-of-quarter') AS quarter,
                 max_by(snapshot_id, committed_at) AS snapshot_id,
                 max_by(coalesce(element_at(summary, 'quartal.days-to'), ''), committed_at) AS days_to,
                 max_by(coalesce(element_at(summary, 'quartal.later-deliveries'), ''), committed_at) AS later_deliveries,
                 max_by(coalesce(element_at(summary, 'quartal.corrected-by'), ''), committed_at) AS corrected_by
          FROM "${dataset}_features$snapshots"
          WHERE element_at(summary, 'quartal.as-of-quarter') IS NOT NULL
          GROUP BY 1
          ORDER BY 1
        SQL
      }
      "${dataset}/quality-by-delivery" = {
        description = "Rows of ${dataset} kept and quarantined, by delivery"
        sql         = <<-SQL
          WITH kept AS (
            SELECT delivery, sum("${feed.count_column}") AS kept FROM ${dataset}_curated GROUP BY delivery
          ), broken AS (
            SELECT ${local._delivery} AS delivery, count(*) AS quarantined FROM ${dataset}_quarantine GROUP BY 1
          )
          SELECT coalesce(kept.delivery, broken.delivery) AS delivery,
                 coalesce(kept.kept, 0) AS kept,
                 coalesce(broken.quarantined, 0) AS quarantined
          FROM kept
          FULL JOIN broken ON broken.delivery = kept.delivery
          ORDER BY 1
        SQL
      }
      "${dataset}/quality-by-rule" = {
        description = "Quarantined rows of ${dataset}, by delivery and broken rule"
        sql         = <<-SQL
          SELECT ${local._delivery} AS delivery, broken.rule AS rule, count(*) AS quarantined
          FROM ${dataset}_quarantine
          CROSS JOIN UNNEST(reasons) AS broken(rule)
          GROUP BY 1, 2
          ORDER BY 1, 3 DESC, 2
        SQL
      }
    }
  ]...)

  queries = merge(local._feed_queries, var.queries)
}

# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/athena_named_query
resource "aws_athena_named_query" "this" {
  for_each = local.queries

  name        = replace(each.key, "/", "-")
  database    = var.database
  description = each.value.description
  query       = trimspace(each.value.sql)
  workgroup   = aws_athena_workgroup.this.id
}
