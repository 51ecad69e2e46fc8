locals {
  # In China, the names of these interface endpoints begin with cn.com.amazonaws; all others, and the S3 gateway's, are as everywhere.
  # AWS's CDK has the list: github.com/aws/aws-cdk, packages/aws-cdk-lib/aws-ec2/lib/vpc-endpoint.ts
  _renamed_in_china = var.account.partition != "aws-cn" ? [] : [
    "account", "application-autoscaling", "appmesh-envoy-management", "athena", "autoscaling", "awsconnector", "backup", "batch",
    "cassandra", "cloudcontrolapi", "cloudformation", "codedeploy-commands-secure", "databrew", "dms", "ebs", "ec2", "ecr.api",
    "ecr.dkr", "eks", "elasticache", "elasticbeanstalk", "elasticfilesystem", "elasticfilesystem-fips", "emr-containers",
    "execute-api", "fsx", "imagebuilder", "iot.data", "iotsitewise.api", "iotsitewise.data", "kinesis-streams", "lambda",
    "license-manager", "monitoring", "polly", "rds", "redshift", "redshift-data", "s3", "sagemaker.api",
    "sagemaker.featurestore-runtime", "sagemaker.runtime", "securityhub", "servicecatalog", "sms", "sqs", "states", "sts",
    "sync-states", "synthetics", "transcribestreaming", "transfer", "workspaces", "xray",
  ]
}

# Who may use an endpoint. The policies of each principal define what it may do. The endpoint's policy keeps out credentials of
# other accounts, which could be used to export data, and lets AWS services act for the runs that they start. It names no actions:
# an endpoint reaches one service alone, which often has another name in IAM, such as cloudwatch behind monitoring, and an endpoint
# whose policy names the wrong one denies everything.
# docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html
data "aws_iam_policy_document" "endpoint" {
  # checkov:skip=CKV_AWS_1:The policy of an endpoint limits what other policies allow, and gives nobody a permission.
  # checkov:skip=CKV_AWS_49:The policy of an endpoint limits what other policies allow, and gives nobody a permission.
  statement {
    sid       = "PrincipalsOfThisAccount"
    actions   = ["*"]
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
    actions   = ["*"]
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
  policy            = data.aws_iam_policy_document.endpoint.json
  route_table_ids   = [aws_route_table.this.id]
  service_name      = "com.amazonaws.${var.account.region}.s3"
  tags              = merge(var.tags, { Name = "${local.name}-s3" })
  vpc_endpoint_type = "Gateway"
  vpc_id            = aws_vpc.this.id
}

# Each interface endpoint is billed by the hour in each zone, whether or not a run uses it.
resource "aws_vpc_endpoint" "service" {
  for_each = var.services

  policy              = data.aws_iam_policy_document.endpoint.json
  private_dns_enabled = true # so that clients find it by the service's usual name
  security_group_ids  = [aws_security_group.this.id]
  service_name        = "${contains(local._renamed_in_china, each.key) ? "cn.com.amazonaws" : "com.amazonaws"}.${var.account.region}.${each.key}"
  subnet_ids          = values(aws_subnet.this)[*].id
  tags                = merge(var.tags, { Name = "${local.name}-${each.key}" })
  vpc_endpoint_type   = "Interface"
  vpc_id              = aws_vpc.this.id
}
