data "aws_iam_policy_document" "trust" {
  for_each = { check = "states", start = "events" }

  statement {
    sid     = "ServiceAssumes"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["${each.value}.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account.id]
    }
  }
}

resource "aws_iam_role" "overdue_check" {
  count = local._checks

  name                  = "${var.prefix}-overdue-check"
  description           = "The check for overdue runs: reads the runs of the jobs, writes to the topic"
  assume_role_policy    = data.aws_iam_policy_document.trust["check"].json
  force_detach_policies = true
  permissions_boundary  = var.permissions_boundary
  tags                  = var.tags
}

data "aws_iam_policy_document" "overdue_check" {
  statement {
    sid     = "ReadRuns"
    actions = ["glue:GetJobRuns"]
    resources = [
      for dataset in keys(local.overdue) :
      "arn:${var.account.partition}:glue:${var.account.region}:${var.account.id}:job/${var.feeds[dataset].job}"
    ]
  }

  statement {
    sid       = "Tell"
    actions   = ["sns:Publish"]
    resources = [local.topic_arn]
  }
}

data "aws_iam_policy_document" "key" {
  statement {
    sid       = "EncryptMessages"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.key_arn]
  }
}

resource "aws_iam_role_policy" "overdue_check" {
  count = local._checks

  name   = "check"
  role   = aws_iam_role.overdue_check[0].name
  policy = data.aws_iam_policy_document.overdue_check.json
}

# The key's ARN is known only once it exists. It stands in a policy of its own, so that a first plan shows all the others.
resource "aws_iam_role_policy" "key" {
  count = local._checks

  name   = "key"
  role   = aws_iam_role.overdue_check[0].name
  policy = data.aws_iam_policy_document.key.json
}

resource "aws_iam_role" "overdue_start" {
  count = local._checks

  name                  = "${var.prefix}-overdue-start"
  description           = "The schedule of the check for overdue runs: starts it"
  assume_role_policy    = data.aws_iam_policy_document.trust["start"].json
  force_detach_policies = true
  permissions_boundary  = var.permissions_boundary
  tags                  = var.tags
}

data "aws_iam_policy_document" "overdue_start" {
  statement {
    sid       = "StartCheck"
    actions   = ["states:StartExecution"]
    resources = [for dataset in keys(local.overdue) : "${local._check_arn}:${local.names[dataset]}-overdue"]
  }
}

resource "aws_iam_role_policy" "overdue_start" {
  count = local._checks

  name   = "start"
  role   = aws_iam_role.overdue_start[0].name
  policy = data.aws_iam_policy_document.overdue_start.json
}

# The next apply removes permissions that somebody gave the role by hand.
# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/iam_role_policies_exclusive
resource "aws_iam_role_policies_exclusive" "overdue" {
  for_each = local._checks == 0 ? {} : {
    check = { role = aws_iam_role.overdue_check[0].name, policies = [aws_iam_role_policy.key[0].name, aws_iam_role_policy.overdue_check[0].name] }
    start = { role = aws_iam_role.overdue_start[0].name, policies = [aws_iam_role_policy.overdue_start[0].name] }
  }

  role_name    = each.value.role
  policy_names = each.value.policies
}

resource "aws_iam_role_policy_attachments_exclusive" "overdue" {
  for_each = local._checks == 0 ? {} : { check = aws_iam_role.overdue_check[0].name, start = aws_iam_role.overdue_start[0].name }

  role_name   = each.value
  policy_arns = []
}
