locals {
  # One per zone. A job goes through the first whose zone works; a crawler can have one only.
  # docs.aws.amazon.com/glue/latest/dg/glue-troubleshooting-errors.html, "Failover behavior between VPCs"
  connections = var.network == null ? {} : { for zone in keys(var.network.subnets) : zone => "${var.prefix}-${zone}" }

  _ec2_arn = "arn:${var.account.partition}:ec2:${var.account.region}:${var.account.id}"
}

# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/glue_connection
resource "aws_glue_connection" "this" {
  for_each = local.connections

  name            = each.value
  connection_type = "NETWORK"
  description     = "Crawls and job runs in the subnet of ${each.key}"
  tags            = var.tags

  physical_connection_requirements {
    availability_zone      = each.key
    security_group_id_list = var.network.security_group_ids
    subnet_id              = var.network.subnets[each.key]
  }
}

# Glue makes the network interfaces of a crawl with the crawler's role.
data "aws_iam_policy_document" "network" {
  statement {
    sid       = "ReadConnection"
    actions   = ["glue:GetConnection"]
    resources = concat(["${local._glue_arn}:catalog"], [for name in values(local.connections) : "${local._glue_arn}:connection/${name}"])
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
  for_each = var.network == null ? {} : var.contracts

  name   = "network"
  role   = aws_iam_role.crawler[each.key].name
  policy = data.aws_iam_policy_document.network.json
}
