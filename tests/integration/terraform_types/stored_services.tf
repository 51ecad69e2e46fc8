# What is around Glue and only stored.
resource "aws_athena_workgroup" "this" {
  name          = var.prefix
  description   = local.description
  state         = local.is_changed ? "DISABLED" : "ENABLED"
  force_destroy = true
  tags          = local.tags

  configuration {
    enforce_workgroup_configuration    = !local.is_changed
    publish_cloudwatch_metrics_enabled = local.is_changed
    bytes_scanned_cutoff_per_query     = 10485760 * var.revision

    engine_version {
      selected_engine_version = local.is_changed ? "Athena engine version 3" : "AUTO"
    }

    result_configuration {
      output_location = "s3://${var.prefix}/athena/${var.revision}/"

      encryption_configuration {
        encryption_option = local.is_changed ? "SSE_KMS" : "SSE_S3"
        kms_key_arn       = local.is_changed ? aws_kms_key.this.arn : null
      }
    }
  }
}

resource "aws_athena_named_query" "this" {
  name        = var.prefix
  description = local.description
  workgroup   = aws_athena_workgroup.this.name
  database    = aws_glue_catalog_database.this.name
  query       = "select ${var.revision}"
}

resource "aws_athena_prepared_statement" "this" {
  name            = local.identifier
  description     = local.description
  workgroup       = aws_athena_workgroup.this.name
  query_statement = "select * from t where c = ? limit ${var.revision}"
}

resource "aws_athena_data_catalog" "this" {
  name        = var.prefix
  description = local.description
  type        = "GLUE"
  tags        = local.tags

  parameters = {
    "catalog-id" = local.is_changed ? "111111111111" : "000000000000"
  }
}

locals {
  quicksight_user = "arn:aws:quicksight:eu-west-1:${data.aws_caller_identity.this.account_id}:user/default/analyst"
  quicksight_actions = concat(
    ["quicksight:DescribeDataSource", "quicksight:DescribeDataSourcePermissions", "quicksight:PassDataSource"],
    local.is_changed ? ["quicksight:UpdateDataSource"] : [],
  )
}

resource "aws_quicksight_data_source" "this" {
  data_source_id = var.prefix
  name           = local.description
  type           = "ATHENA"
  tags           = local.tags

  parameters {
    athena {
      work_group = local.is_changed ? "primary" : aws_athena_workgroup.this.name
    }
  }

  permission {
    principal = local.quicksight_user
    actions   = local.quicksight_actions
  }

  ssl_properties {
    disable_ssl = false
  }
}

resource "aws_quicksight_data_set" "this" {
  data_set_id = var.prefix
  name        = local.description
  import_mode = local.is_changed ? "DIRECT_QUERY" : "SPICE"
  tags        = local.tags

  physical_table_map {
    physical_table_map_id = "features"

    relational_table {
      data_source_arn = aws_quicksight_data_source.this.arn
      catalog         = "AwsDataCatalog"
      schema          = aws_glue_catalog_database.this.name
      name            = "features"

      input_columns {
        name = "brand"
        type = "STRING"
      }

      dynamic "input_columns" {
        for_each = local.is_changed ? ["sightings"] : []

        content {
          name = input_columns.value
          type = "INTEGER"
        }
      }
    }
  }

  permissions {
    principal = local.quicksight_user
    actions = concat(
      ["quicksight:DescribeDataSet", "quicksight:PassDataSet"],
      local.is_changed ? ["quicksight:DescribeIngestion"] : [],
    )
  }
}

# a data set of another shape: SQL, with refresh properties and a logical table
resource "aws_quicksight_data_set" "refreshed" {
  data_set_id = "${var.prefix}-refreshed"
  name        = local.description
  import_mode = "SPICE"

  physical_table_map {
    physical_table_map_id = "days"

    custom_sql {
      data_source_arn = aws_quicksight_data_source.this.arn
      name            = "days"
      sql_query       = "select day from features limit ${var.revision}"

      columns {
        name = "day"
        type = "DATETIME"
      }
    }
  }

  refresh_properties {
    refresh_configuration {
      incremental_refresh {
        lookback_window {
          column_name = "day"
          size        = var.revision
          size_unit   = "DAY"
        }
      }
    }
  }
}

resource "aws_budgets_budget" "this" {
  name         = var.prefix
  budget_type  = "COST"
  limit_amount = tostring(100 * var.revision)
  limit_unit   = "USD"
  time_unit    = local.is_changed ? "QUARTERLY" : "MONTHLY"
  tags         = local.tags

  cost_filter {
    name   = "TagKeyValue"
    values = [format("user:revision%s%d", "$", var.revision)]
  }

  notification {
    comparison_operator        = "GREATER_THAN"
    notification_type          = "FORECASTED"
    subscriber_email_addresses = ["owner@example.com"]
    threshold                  = 40 * var.revision
    threshold_type             = "PERCENTAGE"
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  alarm_name          = var.prefix
  alarm_description   = local.description
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = var.revision
  metric_name         = "glue.driver.aggregate.numFailedTasks"
  namespace           = "Glue"
  period              = 300
  statistic           = "Sum"
  threshold           = 0
  tags                = local.tags
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.prefix
  dashboard_body = jsonencode({ widgets = [{ type = "text", width = 6, height = 3, properties = { markdown = local.description } }] })
}
