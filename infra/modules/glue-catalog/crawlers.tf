locals {
  # Levels count from the bucket: bucket = 1, raw = 2, dataset = 3. So the table takes the dataset's name, and the folder
  # delivery=<quarter> below it becomes a partition.
  _table_level = 3
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
    Grouping = {
      TableGroupingPolicy     = "CombineCompatibleSchemas"
      TableLevelConfiguration = local._table_level
    }
  })

  recrawl_policy {
    recrawl_behavior = var.crawl.recrawl_behavior
  }

  s3_target {
    path            = "s3://${var.lake.bucket}/${local.raw_prefixes[each.key]}"
    connection_name = try(aws_glue_connection.this[keys(local.connections)[0]].name, null)
    exclusions      = var.crawl.exclusions
  }

  schema_change_policy {
    delete_behavior = var.crawl.delete_behavior
    update_behavior = var.crawl.update_behavior
  }

  # A crawler that starts before its role may read anything fails.
  depends_on = [
    aws_iam_role_policy.catalog, aws_iam_role_policy.key, aws_iam_role_policy.logs, aws_iam_role_policy.network, aws_iam_role_policy.raw
  ]
}

# Glue gives a crawler with an encrypting security configuration a log group of this name.
# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/cloudwatch_log_group
resource "aws_cloudwatch_log_group" "crawler" {
  for_each = local.log_groups

  name              = each.value
  kms_key_id        = var.lake.key_arn
  retention_in_days = var.log_retention_days
  tags              = var.tags
}
