# The additional permissions for a private network: for networks with the pipeline's tag, which Terraform adds to everything
# that it creates. AWS checks the tag of the new resource, and the tags of the network that it is created in: so there are two
# statements.
# docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
locals {
  _network = ["route-table", "security-group", "security-group-rule", "subnet", "vpc", "vpc-endpoint", "vpc-flow-log"]

  network_arns    = [for kind in local._network : "${local._aws}:ec2:${local._account}:${kind}/*"]
  connection_arns = ["${local._glue}:catalog", "${local._glue}:connection/${var.prefix}-*"]
}

data "aws_iam_policy_document" "network" {
  statement {
    sid = "MakeTaggedParts"
    actions = [
      "ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress", "ec2:CreateFlowLogs", "ec2:CreateRouteTable",
      "ec2:CreateSecurityGroup", "ec2:CreateSubnet", "ec2:CreateVpc", "ec2:CreateVpcEndpoint",
    ]
    resources = local.network_arns

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/pipeline"
      values   = [var.prefix]
    }
  }

  statement {
    sid = "ChangeOwnParts"
    actions = [
      "ec2:AssociateRouteTable", "ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress", "ec2:CreateFlowLogs",
      "ec2:CreateRouteTable", "ec2:CreateSecurityGroup", "ec2:CreateSubnet", "ec2:CreateTags", "ec2:CreateVpcEndpoint",
      "ec2:DeleteFlowLogs", "ec2:DeleteRouteTable", "ec2:DeleteSecurityGroup", "ec2:DeleteSubnet", "ec2:DeleteTags", "ec2:DeleteVpc",
      "ec2:DeleteVpcEndpoints", "ec2:DisassociateRouteTable", "ec2:ModifySecurityGroupRules", "ec2:ModifyVpcAttribute",
      "ec2:ModifyVpcEndpoint",
    ]
    resources = local.network_arns

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/pipeline"
      values   = [var.prefix]
    }
  }

  # Tags only for new resources, not for existing ones.
  statement {
    sid       = "TagWhatIsMade"
    actions   = ["ec2:CreateTags"]
    resources = local.network_arns

    condition {
      test     = "StringEquals"
      variable = "ec2:CreateAction"
      values = [
        "AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress", "CreateFlowLogs", "CreateRouteTable", "CreateSecurityGroup",
        "CreateSubnet", "CreateVpc", "CreateVpcEndpoint",
      ]
    }
  }

  # A VPC's default group has no tag. IfExists refuses the groups of other pipelines.
  statement {
    sid       = "CloseSecurityGroups"
    actions   = ["ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"]
    resources = ["${local._aws}:ec2:${local._account}:security-group/*"]

    condition {
      test     = "StringEqualsIfExists"
      variable = "aws:ResourceTag/pipeline"
      values   = [var.prefix]
    }
  }

  # AWS requires it in addition to CreateVpcEndpoint, for the private DNS names.
  statement {
    sid       = "NameEndpoints"
    actions   = ["route53:AssociateVPCWithHostedZone"]
    resources = ["${local._aws}:route53:::hostedzone/*"]
  }

  statement {
    sid       = "ChangeConnections"
    actions   = ["glue:CreateConnection", "glue:DeleteConnection", "glue:TagResource", "glue:UntagResource", "glue:UpdateConnection"]
    resources = local.connection_arns
  }

  statement {
    sid       = "HandRoleToFlowLogs"
    actions   = ["iam:PassRole"]
    resources = local.named.iam

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["vpc-flow-logs.amazonaws.com"]
    }
  }
}

# What a plan reads of the network.
data "aws_iam_policy_document" "read_network" {
  statement {
    sid = "ReadNetworks"
    actions = [
      "ec2:DescribeFlowLogs", "ec2:DescribeNetworkAcls", "ec2:DescribeNetworkInterfaces", "ec2:DescribePrefixLists",
      "ec2:DescribeRouteTables", "ec2:DescribeSecurityGroupRules", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets",
      "ec2:DescribeVpcEndpoints", "ec2:DescribeVpcs",
    ]
    resources = ["*"]
  }

  statement {
    sid       = "ReadVpc"
    actions   = ["ec2:DescribeVpcAttribute"]
    resources = ["${local._aws}:ec2:${local._account}:vpc/*"]
  }

  statement {
    sid       = "ReadConnections"
    actions   = ["glue:GetConnection", "glue:GetTags"]
    resources = local.connection_arns
  }
}

resource "aws_iam_role_policy" "read_network" {
  for_each = var.private_network ? aws_iam_role.this : {}

  name   = "read-network"
  role   = each.value.name
  policy = data.aws_iam_policy_document.read_network.json
}
