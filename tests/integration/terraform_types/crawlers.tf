resource "aws_glue_classifier" "csv" {
  name = "${var.prefix}-csv"

  csv_classifier {
    allow_single_column        = local.is_changed
    contains_header            = local.is_changed ? "ABSENT" : "PRESENT"
    custom_datatype_configured = local.is_changed
    custom_datatypes           = local.is_changed ? ["STRING", "INT"] : []
    delimiter                  = local.is_changed ? ";" : ","
    disable_value_trimming     = local.is_changed
    header                     = local.is_changed ? ["a", "b"] : ["a"]
    quote_symbol               = local.is_changed ? "'" : "\""
    serde                      = local.is_changed ? "OpenCSVSerDe" : "LazySimpleSerDe"
  }
}

resource "aws_glue_classifier" "grok" {
  name = "${var.prefix}-grok"

  grok_classifier {
    classification  = "log_${var.revision}"
    custom_patterns = "REVISION ${var.revision}"
    grok_pattern    = "%%{REVISION:revision${var.revision}}"
  }
}

resource "aws_glue_classifier" "json" {
  name = "${var.prefix}-json"

  json_classifier {
    json_path = "$.rows${var.revision}[*]"
  }
}

resource "aws_glue_classifier" "xml" {
  name = "${var.prefix}-xml"

  xml_classifier {
    classification = "xml_${var.revision}"
    row_tag        = "row${var.revision}"
  }
}

resource "aws_glue_crawler" "this" {
  name                   = var.prefix
  database_name          = aws_glue_catalog_database.this.name
  role                   = aws_iam_role.this.arn
  description            = local.description
  classifiers            = local.is_changed ? [aws_glue_classifier.json.name, aws_glue_classifier.csv.name] : [aws_glue_classifier.csv.name]
  schedule               = local.is_changed ? "cron(0 6 1 * ? *)" : "cron(0 5 1 * ? *)"
  security_configuration = local.is_changed ? aws_glue_security_configuration.this.name : null
  table_prefix           = "raw_${var.revision}_"
  tags                   = local.tags

  configuration = jsonencode({
    Version = 1.0
    Grouping = {
      TableGroupingPolicy     = "CombineCompatibleSchemas"
      TableLevelConfiguration = 1 + var.revision
    }
  })

  lineage_configuration {
    crawler_lineage_settings = local.is_changed ? "ENABLE" : "DISABLE"
  }

  recrawl_policy {
    recrawl_behavior = local.is_changed ? "CRAWL_NEW_FOLDERS_ONLY" : "CRAWL_EVERYTHING"
  }

  schema_change_policy {
    delete_behavior = local.is_changed ? "LOG" : "DEPRECATE_IN_DATABASE"
    update_behavior = local.is_changed ? "LOG" : "UPDATE_IN_DATABASE"
  }

  s3_target {
    path        = "s3://${var.prefix}/raw/${var.revision}/"
    exclusions  = ["**/_tmp${var.revision}/**"]
    sample_size = 10 * var.revision
  }

  s3_target {
    path = "s3://${var.prefix}/more/"
  }
}

# scheduled at first, then by no schedule of its own
resource "aws_glue_crawler" "unscheduled" {
  name          = "${var.prefix}-unscheduled"
  database_name = aws_glue_catalog_database.this.name
  role          = aws_iam_role.this.name
  schedule      = local.is_changed ? null : "cron(0 5 1 * ? *)"

  s3_target {
    path = "s3://${var.prefix}/raw/"
  }
}

resource "aws_glue_crawler" "iceberg" {
  name          = "${var.prefix}-iceberg"
  database_name = aws_glue_catalog_database.this.name
  role          = aws_iam_role.this.arn

  iceberg_target {
    paths                   = ["s3://${var.prefix}/features/${var.revision}/"]
    exclusions              = ["**/old${var.revision}/**"]
    maximum_traversal_depth = 10 * var.revision
  }
}
