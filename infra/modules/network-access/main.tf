locals {
  _ec2_arn  = "arn:${var.account.partition}:ec2:${var.account.region}:${var.account.id}"
  _glue_arn = "arn:${var.account.partition}:glue:${var.account.region}:${var.account.id}"
}

# Glue creates the network interfaces of crawls and of a run's workers with the role of the crawler or job.
data "aws_iam_policy_document" "this" {
  statement {
    sid       = "ReadConnections"
    actions   = ["glue:GetConnection"]
    resources = concat(["${local._glue_arn}:catalog"], [for name in var.connections : "${local._glue_arn}:connection/${name}"])
  }

  # docs.aws.amazon.com/glue/latest/dg/create-service-policy.html, limited to resources where AWS supports it.
  statement {
    sid = "SeeNetwork"
    actions = [
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeRouteTables",
      "ec2:DescribeSecurityGroups",
      "ec2:DescribeSubnets",
      "ec2:DescribeVpcEndpoints",
    ]
    resources = ["*"]
  }

  statement {
    sid       = "SeeVpc"
    actions   = ["ec2:DescribeVpcAttribute"]
    resources = ["${local._ec2_arn}:vpc/*"]
  }

  statement {
    sid       = "JoinNetwork"
    actions   = ["ec2:CreateNetworkInterface"]
    resources = [for kind in ["network-interface", "security-group", "subnet"] : "${local._ec2_arn}:${kind}/*"]
  }

  statement {
    sid       = "LeaveNetwork"
    actions   = ["ec2:DeleteNetworkInterface"]
    resources = ["${local._ec2_arn}:network-interface/*"]
  }

  statement {
    sid       = "MarkAsGlues"
    actions   = ["ec2:CreateTags", "ec2:DeleteTags"]
    resources = ["${local._ec2_arn}:network-interface/*"]

    condition {
      test     = "ForAllValues:StringEquals"
      variable = "aws:TagKeys"
      values   = ["aws-glue-service-resource"]
    }
  }
}
