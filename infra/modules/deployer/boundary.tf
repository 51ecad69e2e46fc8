# The maximum permissions of the pipeline's roles, whatever their own policies say: what crawlers, jobs, readers and the check
# for overdue runs do, on resources that begin with the prefix.
data "aws_iam_policy_document" "boundary" {
  statement {
    sid = "Lake"
    actions = [
      "s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket",
      "s3:ListMultipartUploadParts", "s3:PutObject",
    ]
    resources = [local.bucket_arns[0], "${local.bucket_arns[0]}/*"]
  }

  # By alias, because the boundary exists before the key.
  statement {
    sid       = "Key"
    actions   = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]
    resources = ["${local._aws}:kms:${local._account}:key/*"]

    condition {
      test     = "ForAnyValue:StringEquals"
      variable = "kms:ResourceAliases"
      values   = ["alias/${var.prefix}-lake"]
    }
  }

  statement {
    sid = "Catalog"
    actions = [
      "glue:BatchCreatePartition", "glue:BatchDeletePartition", "glue:BatchGetPartition", "glue:BatchUpdatePartition",
      "glue:CreatePartition", "glue:CreateTable", "glue:DeletePartition", "glue:DeleteTable", "glue:GetDatabase",
      "glue:GetPartition", "glue:GetPartitions", "glue:GetTable", "glue:GetTables", "glue:UpdatePartition", "glue:UpdateTable",
    ]
    resources = ["${local._glue}:catalog", "${local._glue}:database/${local.database}", "${local._glue}:table/${local.database}/*"]
  }

  statement {
    sid       = "Runs"
    actions   = ["glue:GetJobRuns", "glue:GetWorkflowRunProperties", "sns:Publish", "states:StartExecution"]
    resources = concat(local.named.glue, local.named.sns, local.named.states)
  }

  statement {
    sid       = "Logs"
    actions   = ["logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
    resources = local.named.logs
  }

  statement {
    sid = "Questions"
    actions = [
      "athena:BatchGetNamedQuery", "athena:BatchGetQueryExecution", "athena:GetNamedQuery", "athena:GetQueryExecution",
      "athena:GetQueryResults", "athena:GetQueryResultsStream", "athena:GetWorkGroup", "athena:ListNamedQueries",
      "athena:ListQueryExecutions", "athena:StartQueryExecution", "athena:StopQueryExecution",
    ]
    resources = local.named.athena
  }

  statement {
    sid       = "Metrics"
    actions   = ["cloudwatch:PutMetricData"]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "cloudwatch:namespace"
      values   = ["Glue", "Quartal"]
    }
  }

  statement {
    sid       = "Events"
    actions   = ["events:PutEvents"]
    resources = ["${local._aws}:events:${local._account}:event-bus/default"]

    condition {
      test     = "StringEquals"
      variable = "events:source"
      values   = ["quartal"]
    }
  }

  dynamic "statement" {
    for_each = var.private_network ? ["this"] : []

    content {
      sid = "SeeNetworks"
      actions = [
        "ec2:DescribeNetworkInterfaces", "ec2:DescribeRouteTables", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets",
        "ec2:DescribeVpcEndpoints", "logs:DescribeLogGroups",
      ]
      resources = ["*"]
    }
  }

  dynamic "statement" {
    for_each = var.private_network ? ["this"] : []

    content {
      sid       = "JoinNetworks"
      actions   = ["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeVpcAttribute"]
      resources = [for kind in ["network-interface", "security-group", "subnet", "vpc"] : "${local._aws}:ec2:${local._account}:${kind}/*"]
    }
  }

  dynamic "statement" {
    for_each = var.private_network ? ["this"] : []

    content {
      sid       = "MarkAsGlues"
      actions   = ["ec2:CreateTags", "ec2:DeleteTags"]
      resources = ["${local._aws}:ec2:${local._account}:network-interface/*"]

      condition {
        test     = "ForAllValues:StringEquals"
        variable = "aws:TagKeys"
        values   = ["aws-glue-service-resource"]
      }
    }
  }

  dynamic "statement" {
    for_each = var.private_network ? ["this"] : []

    content {
      sid       = "ConnectionsAndFlowLog"
      actions   = ["glue:GetConnection", "logs:DescribeLogStreams"]
      resources = concat(local.connection_arns, local.named.logs)
    }
  }
}

# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/iam_policy
resource "aws_iam_policy" "boundary" {
  name        = local.names.boundary
  description = "The most that a role of ${var.prefix} may do"
  policy      = data.aws_iam_policy_document.boundary.json
  tags        = var.tags
}
