locals {
  database = replace(var.prefix, "-", "_")

  # By dataset, like everything that belongs to one feed.
  names        = { for dataset in keys(var.contracts) : dataset => "${var.prefix}-${replace(dataset, "_", "-")}" }
  raw_prefixes = { for dataset in keys(var.contracts) : dataset => "raw/${dataset}/" }
}

# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/glue_catalog_database
resource "aws_glue_catalog_database" "this" {
  name        = local.database
  description = "Raw deliveries as crawled, and the tables that the job publishes"
  tags        = var.tags
}

# Glue's built-in CSV classifier takes the header for data if every column is a string, so the contract names the columns.
# JSON and Parquet files contain column names, and Glue's built-in classifiers read them.
# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/glue_classifier
resource "aws_glue_classifier" "this" {
  for_each = { for dataset, contract in var.contracts : dataset => contract if contract.format == "csv" }

  name = local.names[each.key]

  csv_classifier {
    allow_single_column    = length(each.value.columns) == 1
    contains_header        = each.value.csv.header ? "PRESENT" : "ABSENT"
    delimiter              = each.value.csv.delimiter
    disable_value_trimming = false
    header                 = each.value.columns
    quote_symbol           = each.value.csv.quote_symbol
  }
}
