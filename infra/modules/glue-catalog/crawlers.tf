locals {
  # Levels count from the bucket: bucket = 1, raw = 2, dataset = 3. So the table gets the dataset's name, and the folder
  # delivery=<quarter> below it becomes a partition.
  _table_level = 3

  _catalogs = { for dataset in keys(var.contracts) : dataset => try(var.targets[dataset].catalog, null) }

  # Connections to databases, which the crawlers' roles must read; connections to the private network are in network.tf.
  _target_connections = {
    for dataset, targets in var.targets : dataset => distinct(compact(concat(targets.jdbc[*].connection, [try(targets.catalog.connection, null)])))
  }
}

# No schedule here on purpose: a crawl that the crawler's own schedule or a person starts never fires a conditional
# trigger, so the job would never run. The workflow's scheduled trigger starts this crawler.
# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/glue_crawler
resource "aws_glue_crawler" "this" {
  for_each = var.contracts

  name                   = local.names[each.key]
  description            = "Finds new deliveries of ${each.key} and keeps its raw table up to date"
  classifiers            = each.value.format == "csv" ? [aws_glue_classifier.this[each.key].name] : []
  database_name          = aws_glue_catalog_database.this.name
  role                   = aws_iam_role.crawler[each.key].arn
  security_configuration = var.lake.security_configuration
  tags                   = var.tags

  configuration = jsonencode({
    Version = 1.0
    CrawlerOutput = {
      Partitions = { AddOrUpdateBehavior = "InheritFromTable" }
      Tables     = { AddOrUpdateBehavior = "MergeNewColumns" }
    }
    Grouping = merge(
      { TableGroupingPolicy = "CombineCompatibleSchemas" },
      local._catalogs[each.key] == null ? { TableLevelConfiguration = local._table_level } : {}, # tables have no level
    )
  })

  recrawl_policy {
    recrawl_behavior = var.crawl.recrawl_behavior
  }

  dynamic "s3_target" {
    for_each = local._catalogs[each.key] == null ? ["raw"] : []

    content {
      path            = "s3://${var.lake.bucket}/${local.raw_prefixes[each.key]}"
      connection_name = try(aws_glue_connection.this[keys(local.connections)[0]].name, null)
      exclusions      = var.crawl.exclusions
    }
  }

  dynamic "jdbc_target" {
    for_each = try(var.targets[each.key].jdbc, [])

    content {
      connection_name = jdbc_target.value.connection
      exclusions      = jdbc_target.value.exclusions
      path            = jdbc_target.value.path
    }
  }

  dynamic "catalog_target" {
    for_each = local._catalogs[each.key] == null ? [] : [local._catalogs[each.key]]

    content {
      connection_name = catalog_target.value.connection
      database_name   = catalog_target.value.database
      tables          = catalog_target.value.tables
    }
  }

  schema_change_policy {
    delete_behavior = local._catalogs[each.key] == null ? var.crawl.delete_behavior : "LOG" # Glue takes no other for tables
    update_behavior = var.crawl.update_behavior
  }

  # A crawl fails if it starts before its role has its permissions.
  depends_on = [
    aws_iam_role_policy.catalog, aws_iam_role_policy.key, aws_iam_role_policy.logs, aws_iam_role_policy.network, aws_iam_role_policy.raw,
    aws_iam_role_policy.targets, aws_iam_role_policy_attachment.crawler
  ]
}

# Glue gives the log group this name if the crawler has a security configuration that encrypts.
# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/cloudwatch_log_group
resource "aws_cloudwatch_log_group" "crawler" {
  for_each = local.log_groups

  name              = each.value
  kms_key_id        = var.lake.key_arn
  retention_in_days = var.log_retention_days
  tags              = var.tags
}
