locals {
  _ec2_arn = "arn:${var.account.partition}:ec2:${var.account.region}:${var.account.id}"
}

# Glue makes the network interfaces of a run's workers with the job's role.
data "aws_iam_policy_document" "network" {
  statement {
    sid       = "ReadConnections"
    actions   = ["glue:GetConnection"]
    resources = concat(["${local._account_arns.glue}:catalog"], [for name in var.connections : "${local._account_arns.glue}:connection/${name}"])
  }

  # docs.aws.amazon.com/glue/latest/dg/create-service-policy.html, on what AWS knows the resource of.
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

resource "aws_iam_role_policy" "network" {
  count = length(var.connections) == 0 ? 0 : 1

  name   = "network"
  role   = aws_iam_role.job.name
  policy = data.aws_iam_policy_document.network.json
}
