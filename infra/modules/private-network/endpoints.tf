locals {
  # In China, the services of interface endpoints have other names; the S3 gateway has the same name everywhere.
  _reverse_dns = var.account.partition == "aws-cn" ? "cn.com.amazonaws" : "com.amazonaws"

  # One service has another name in IAM than its endpoint.
  _iam_names = { for service in setunion(var.services, ["s3"]) : service => lookup({ monitoring = "cloudwatch" }, service, split(".", service)[0]) }
}

# Who may use an endpoint. The policies of each principal define what it may do. The endpoint's policy keeps out credentials of
# other accounts, which could be used to export data, and lets AWS services act for the runs that they start.
# docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html
data "aws_iam_policy_document" "endpoint" {
  for_each = local._iam_names

  statement {
    sid       = "PrincipalsOfThisAccount"
    actions   = ["${each.value}:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalAccount"
      values   = [var.account.id]
    }
  }

  statement {
    sid       = "ServicesOfAws"
    actions   = ["${each.value}:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:PrincipalIsAWSService"
      values   = ["true"]
    }
  }
}

# The S3 gateway is free of charge.
# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/vpc_endpoint
resource "aws_vpc_endpoint" "s3" {
  policy            = data.aws_iam_policy_document.endpoint["s3"].json
  route_table_ids   = [aws_route_table.this.id]
  service_name      = "com.amazonaws.${var.account.region}.s3"
  tags              = merge(var.tags, { Name = "${local.name}-s3" })
  vpc_endpoint_type = "Gateway"
  vpc_id            = aws_vpc.this.id
}

# Each interface endpoint is billed by the hour in each zone, whether or not a run uses it.
resource "aws_vpc_endpoint" "service" {
  for_each = var.services

  policy              = data.aws_iam_policy_document.endpoint[each.key].json
  private_dns_enabled = true # so that clients find it by the service's usual name
  security_group_ids  = [aws_security_group.this.id]
  service_name        = "${local._reverse_dns}.${var.account.region}.${each.key}"
  subnet_ids          = values(aws_subnet.this)[*].id
  tags                = merge(var.tags, { Name = "${local.name}-${each.key}" })
  vpc_endpoint_type   = "Interface"
  vpc_id              = aws_vpc.this.id
}
