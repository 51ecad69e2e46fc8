locals {
  data_source_id = "${var.prefix}-athena"

  # What readers and owners may do with a data source and with a data set: QuickSight's own two levels.
  _actions = {
    data_source = {
      owner = [
        "quicksight:DeleteDataSource", "quicksight:DescribeDataSource", "quicksight:DescribeDataSourcePermissions",
        "quicksight:PassDataSource", "quicksight:UpdateDataSource", "quicksight:UpdateDataSourcePermissions",
      ]
      reader = ["quicksight:DescribeDataSource", "quicksight:DescribeDataSourcePermissions", "quicksight:PassDataSource"]
    }
    data_set = {
      owner = [
        "quicksight:CancelIngestion", "quicksight:CreateIngestion", "quicksight:DeleteDataSet", "quicksight:DescribeDataSet",
        "quicksight:DescribeDataSetPermissions", "quicksight:DescribeIngestion", "quicksight:ListIngestions",
        "quicksight:PassDataSet", "quicksight:UpdateDataSet", "quicksight:UpdateDataSetPermissions",
      ]
      reader = [
        "quicksight:DescribeDataSet", "quicksight:DescribeDataSetPermissions", "quicksight:DescribeIngestion",
        "quicksight:ListIngestions", "quicksight:PassDataSet",
      ]
    }
  }

  permissions = merge(
    { for arn in setsubtract(var.readers, var.owners) : arn => "reader" },
    { for arn in var.owners : arn => "owner" },
  )
}

# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/quicksight_data_source
resource "aws_quicksight_data_source" "athena" {
  aws_account_id = var.account.id
  data_source_id = local.data_source_id
  name           = "${var.prefix} tables"
  tags           = var.tags
  type           = "ATHENA"

  parameters {
    athena {
      work_group = var.workgroup
    }
  }

  dynamic "permission" {
    for_each = local.permissions

    content {
      actions   = local._actions.data_source[permission.value]
      principal = permission.key
    }
  }

  # QuickSight tests the connection when the data source is created.
  depends_on = [aws_iam_role_policy.answers, aws_iam_role_policy.catalog, aws_iam_role_policy.key, aws_iam_role_policy.tables]
}
