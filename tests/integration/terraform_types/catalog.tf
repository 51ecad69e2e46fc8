resource "aws_glue_catalog_database" "this" {
  name         = local.identifier
  description  = local.description
  location_uri = "s3://${var.prefix}/database/${var.revision}/"
  parameters   = { revision = tostring(var.revision) }
  tags         = local.tags

  create_table_default_permission {
    permissions = ["SELECT"]

    principal {
      data_lake_principal_identifier = "IAM_ALLOWED_PRINCIPALS"
    }
  }
}

resource "aws_glue_catalog_table" "this" {
  database_name = aws_glue_catalog_database.this.name
  name          = "sightings"
  description   = local.description
  owner         = "owner_${var.revision}"
  retention     = var.revision
  table_type    = "EXTERNAL_TABLE"
  parameters    = { classification = "parquet", revision = tostring(var.revision) }

  partition_keys {
    name = "delivery"
    type = "string"
  }

  partition_keys {
    name = "brand"
    type = "string"
  }

  storage_descriptor {
    location      = "s3://${var.prefix}/sightings/${var.revision}/"
    input_format  = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
    output_format = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"
    compressed    = local.is_changed
    parameters    = { revision = tostring(var.revision) }

    columns {
      name    = "sighting_id"
      type    = "string"
      comment = local.description
    }

    dynamic "columns" {
      for_each = local.is_changed ? ["seen_at"] : []

      content {
        name = columns.value
        type = "timestamp"
      }
    }

    ser_de_info {
      name                  = "parquet"
      serialization_library = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
      parameters            = { "serialization.format" = tostring(var.revision) }
    }

    sort_columns {
      column     = "sighting_id"
      sort_order = local.is_changed ? 0 : 1
    }
  }
}

resource "aws_glue_catalog_table" "view" {
  database_name      = aws_glue_catalog_database.this.name
  name               = "latest"
  table_type         = "VIRTUAL_VIEW"
  view_original_text = "select ${var.revision}"
  view_expanded_text = "select ${var.revision}"

  storage_descriptor {
    columns {
      name = "revision"
      type = "int"
    }
  }
}

resource "aws_glue_partition" "this" {
  database_name    = aws_glue_catalog_database.this.name
  table_name       = aws_glue_catalog_table.this.name
  partition_values = ["2026Q1", "Volvo"]
  parameters       = { revision = tostring(var.revision) }

  storage_descriptor {
    location = "s3://${var.prefix}/sightings/delivery=2026Q1/brand=Volvo/${var.revision}/"

    columns {
      name = "sighting_id"
      type = "string"
    }
  }
}

resource "aws_glue_partition_index" "this" {
  database_name = aws_glue_catalog_database.this.name
  table_name    = aws_glue_catalog_table.this.name

  partition_index {
    index_name = "by_delivery"
    keys       = ["delivery"]
  }
}

resource "aws_glue_user_defined_function" "this" {
  catalog_id    = data.aws_caller_identity.this.account_id # read back from AWS, so it must be said
  database_name = aws_glue_catalog_database.this.name
  name          = "plate"
  class_name    = "example.Plate${var.revision}"
  owner_name    = "owner_${var.revision}"
  owner_type    = local.is_changed ? "ROLE" : "USER"

  resource_uris {
    resource_type = local.is_changed ? "FILE" : "JAR"
    uri           = "s3://${var.prefix}/functions/${var.revision}.jar"
  }
}

resource "aws_glue_resource_policy" "this" {
  enable_hybrid = "FALSE"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = local.is_changed ? ["glue:GetTable", "glue:GetTables"] : ["glue:GetTable"]
      Principal = { AWS = "*" }
      Resource  = "arn:aws:glue:eu-west-1:${data.aws_caller_identity.this.account_id}:*"
    }]
  })
}

resource "aws_glue_data_catalog_encryption_settings" "this" {
  data_catalog_encryption_settings {
    connection_password_encryption {
      aws_kms_key_id                       = local.is_changed ? aws_kms_key.this.arn : null
      return_connection_password_encrypted = local.is_changed
    }

    encryption_at_rest {
      catalog_encryption_mode = local.is_changed ? "SSE-KMS" : "DISABLED"
      sse_aws_kms_key_id      = local.is_changed ? aws_kms_key.this.arn : null
    }
  }
}

resource "aws_glue_registry" "this" {
  registry_name = var.prefix
  description   = local.description
  tags          = local.tags
}

resource "aws_glue_schema" "this" {
  registry_arn  = aws_glue_registry.this.arn
  schema_name   = "sighting"
  description   = local.description
  compatibility = local.is_changed ? "BACKWARD" : "NONE"
  data_format   = "AVRO"
  tags          = local.tags

  schema_definition = jsonencode({
    type   = "record"
    name   = "sighting"
    fields = [for name in local.is_changed ? ["id", "seen"] : ["id"] : { name = name, type = "string", default = "" }]
  })
}

resource "aws_glue_data_quality_ruleset" "this" {
  name        = var.prefix
  description = local.description
  ruleset     = "Rules = [ColumnCount = ${var.revision}]"
  tags        = local.tags
}

resource "aws_glue_security_configuration" "this" {
  name = var.prefix

  encryption_configuration {
    cloudwatch_encryption {
      cloudwatch_encryption_mode = "SSE-KMS"
      kms_key_arn                = aws_kms_key.this.arn
    }

    job_bookmarks_encryption {
      job_bookmarks_encryption_mode = "CSE-KMS"
      kms_key_arn                   = aws_kms_key.this.arn
    }

    s3_encryption {
      s3_encryption_mode = "SSE-KMS"
      kms_key_arn        = aws_kms_key.this.arn
    }
  }
}
