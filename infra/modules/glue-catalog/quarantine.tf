# The job writes quarantined rows as Parquet; this table makes them available to queries. It has no partitions on purpose: a
# new delivery is visible at once, and a row names the raw file, and so the delivery, that it came from.
# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/glue_catalog_table
resource "aws_glue_catalog_table" "quarantine" {
  for_each = var.contracts

  name          = "${each.key}_quarantine"
  database_name = aws_glue_catalog_database.this.name
  description   = "Rows of ${each.key} that broke a rule, as they were delivered, with the reasons"
  parameters    = { classification = "parquet", EXTERNAL = "TRUE" }
  table_type    = "EXTERNAL_TABLE"

  storage_descriptor {
    input_format  = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
    location      = "s3://${var.lake.bucket}/quarantine/${each.key}/"
    output_format = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"

    columns {
      name    = "raw"
      type    = "string"
      comment = "The row as it was delivered"
    }

    columns {
      name    = "file"
      type    = "string"
      comment = "URI of the raw file"
    }

    columns {
      name    = "reasons"
      type    = "array<string>"
      comment = "Every rule that the row breaks, as <column>.<rule>"
    }

    columns {
      name    = "part_offset"
      type    = "bigint"
      comment = "Byte of the file at which the part begins that one task read; 0 where it read the whole file"
    }

    columns {
      name    = "row_number"
      type    = "bigint"
      comment = "The row's number in a Parquet file, from 1; null for text"
    }

    ser_de_info {
      serialization_library = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
    }
  }
}
