locals {
  # Under the jobs' log groups: there, the lake's key encrypts every group with the prefix, and a deployer may create it.
  flow_log_group = "/aws-glue/jobs/${local.name}/flow"
  flow_log_role  = "${local.name}-flow-log"

  _flow_log_arn = "arn:${var.account.partition}:logs:${var.account.region}:${var.account.id}:log-group:${local.flow_log_group}"
}

# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/cloudwatch_log_group
resource "aws_cloudwatch_log_group" "flow" {
  name              = local.flow_log_group
  kms_key_id        = var.key_arn
  retention_in_days = var.log_retention_days
  tags              = var.tags
}

# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/flow_log
resource "aws_flow_log" "this" {
  iam_role_arn    = aws_iam_role.flow_log.arn
  log_destination = aws_cloudwatch_log_group.flow.arn
  tags            = merge(var.tags, { Name = local.name })
  traffic_type    = "ALL"
  vpc_id          = aws_vpc.this.id

  depends_on = [aws_iam_role_policy.flow_log]
}

data "aws_iam_policy_document" "trust" {
  statement {
    sid     = "FlowLogsAssume"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["vpc-flow-logs.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account.id]
    }
  }
}

resource "aws_iam_role" "flow_log" {
  name                  = local.flow_log_role
  description           = "Writes the flow log of ${local.name}"
  assume_role_policy    = data.aws_iam_policy_document.trust.json
  force_detach_policies = true
  permissions_boundary  = var.permissions_boundary
  tags                  = var.tags
}

# docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html, limited to this one group, which exists already.
data "aws_iam_policy_document" "flow_log" {
  statement {
    sid       = "WriteFlowLog"
    actions   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    resources = [for ending in ["", ":*"] : "${local._flow_log_arn}${ending}"]
  }

  # CloudWatch Logs checks this permission against all groups of the account.
  statement {
    sid       = "FindLogGroup"
    actions   = ["logs:DescribeLogGroups"]
    resources = ["*"]
  }
}

resource "aws_iam_role_policy" "flow_log" {
  name   = "flow-log"
  role   = aws_iam_role.flow_log.name
  policy = data.aws_iam_policy_document.flow_log.json
}

# The next apply removes permissions that somebody gave the role by hand.
# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/iam_role_policies_exclusive
resource "aws_iam_role_policies_exclusive" "flow_log" {
  role_name    = aws_iam_role.flow_log.name
  policy_names = [aws_iam_role_policy.flow_log.name]
}

resource "aws_iam_role_policy_attachments_exclusive" "flow_log" {
  role_name   = aws_iam_role.flow_log.name
  policy_arns = []
}
