# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/quicksight_data_set
resource "aws_quicksight_data_set" "this" {
  for_each = var.data_sets

  aws_account_id = var.account.id
  data_set_id    = "${var.prefix}-${replace(each.key, "/[^a-z0-9]/", "-")}"
  import_mode    = each.value.import_mode
  name           = coalesce(each.value.title, each.key)
  tags           = var.tags

  physical_table_map {
    physical_table_map_id = "athena"

    custom_sql {
      data_source_arn = aws_quicksight_data_source.athena.arn
      name            = "athena"
      sql_query       = trimspace(each.value.sql)

      dynamic "columns" {
        for_each = each.value.columns

        content {
          name = columns.value.name
          type = columns.value.type
        }
      }
    }
  }

  dynamic "permissions" {
    for_each = local.permissions

    content {
      actions   = local._actions.data_set[permissions.value]
      principal = permissions.key
    }
  }
}
