locals {
  roles      = { for dataset, name in local.names : dataset => "${name}-crawler" }
  log_groups = { for dataset, role in local.roles : dataset => "/aws-glue/crawlers-role/${role}-${var.lake.security_configuration}" }

  _glue_arn   = "arn:${var.account.partition}:glue:${var.account.region}:${var.account.id}"
  _logs_arn   = "arn:${var.account.partition}:logs:${var.account.region}:${var.account.id}:log-group"
  _bucket_arn = "arn:${var.account.partition}:s3:::${var.lake.bucket}"
}

# No condition on the source account: Glue does not send it when it assumes a role, and a role cannot be passed to Glue
# from another account.
data "aws_iam_policy_document" "trust" {
  statement {
    sid     = "GlueAssumes"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["glue.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "crawler" {
  for_each = local.roles

  name                  = each.value
  description           = "The crawler of ${each.key}: reads its raw files, writes its raw table"
  assume_role_policy    = data.aws_iam_policy_document.trust.json
  force_detach_policies = true
  permissions_boundary  = var.permissions_boundary
  tags                  = var.tags

  # IAM counts all inline policies of a role together. Those about the key and the network are short, but not known yet.
  lifecycle {
    precondition {
      condition = length(join("", concat(
        [for policies in [data.aws_iam_policy_document.catalog, data.aws_iam_policy_document.logs, data.aws_iam_policy_document.raw] : policies[each.key].minified_json],
        [for dataset, policy in data.aws_iam_policy_document.targets : policy.minified_json if dataset == each.key],
      ))) <= 8500
      error_message = "The policies of the crawler of ${each.key} are longer than the 10,240 characters that IAM allows. Name fewer tables or connections in targets, and grant the rest with a policy of your own in policy_arns."
    }
  }
}

data "aws_iam_policy_document" "raw" {
  for_each = var.contracts

  statement {
    sid       = "ReadDeliveries"
    actions   = ["s3:GetObject"]
    resources = ["${local._bucket_arn}/${local.raw_prefixes[each.key]}*"]
  }

  statement {
    sid       = "ListDeliveries"
    actions   = ["s3:ListBucket"]
    resources = [local._bucket_arn]

    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = [trimsuffix(local.raw_prefixes[each.key], "/"), "${local.raw_prefixes[each.key]}*"]
    }
  }

  statement {
    sid       = "FindBucket"
    actions   = ["s3:GetBucketLocation"]
    resources = [local._bucket_arn]
  }
}

data "aws_iam_policy_document" "catalog" {
  for_each = var.contracts

  statement {
    sid = "WriteRawTable"
    actions = [
      "glue:BatchCreatePartition",
      "glue:BatchGetPartition",
      "glue:BatchUpdatePartition",
      "glue:CreatePartition",
      "glue:CreateTable",
      "glue:GetDatabase",
      "glue:GetPartition",
      "glue:GetPartitions",
      "glue:GetTable",
      "glue:GetTables",
      "glue:UpdatePartition",
      "glue:UpdateTable",
    ]
    resources = [
      "${local._glue_arn}:catalog",
      "${local._glue_arn}:database/${local.database}",
      "${local._glue_arn}:table/${local.database}/${each.key}",
    ]
  }

  dynamic "statement" {
    for_each = var.crawl.delete_behavior == "DELETE_FROM_DATABASE" ? ["this"] : []

    content {
      sid     = "DeleteWhatIsGone"
      actions = ["glue:BatchDeletePartition", "glue:DeletePartition", "glue:DeleteTable"]
      resources = [
        "${local._glue_arn}:catalog",
        "${local._glue_arn}:database/${local.database}",
        "${local._glue_arn}:table/${local.database}/${each.key}",
      ]
    }
  }
}

data "aws_iam_policy_document" "logs" {
  for_each = var.contracts

  statement {
    sid       = "WriteLogs"
    actions   = ["logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
    resources = [for ending in ["", ":*"] : "${local._logs_arn}:${local.log_groups[each.key]}${ending}"]
  }
}

data "aws_iam_policy_document" "key" {
  statement {
    sid       = "ReadEncrypted"
    actions   = ["kms:Decrypt"]
    resources = [var.lake.key_arn]
  }
}

# The key's ARN is known only once the key exists. It is in a policy of its own, so that a first plan shows the other policies.
resource "aws_iam_role_policy" "key" {
  for_each = var.contracts

  name   = "key"
  role   = aws_iam_role.crawler[each.key].name
  policy = data.aws_iam_policy_document.key.json
}

resource "aws_iam_role_policy" "raw" {
  for_each = var.contracts

  name   = "raw"
  role   = aws_iam_role.crawler[each.key].name
  policy = data.aws_iam_policy_document.raw[each.key].json
}

resource "aws_iam_role_policy" "catalog" {
  for_each = var.contracts

  name   = "catalog"
  role   = aws_iam_role.crawler[each.key].name
  policy = data.aws_iam_policy_document.catalog[each.key].json
}

resource "aws_iam_role_policy" "logs" {
  for_each = var.contracts

  name   = "logs"
  role   = aws_iam_role.crawler[each.key].name
  policy = data.aws_iam_policy_document.logs[each.key].json
}

data "aws_iam_policy_document" "targets" {
  for_each = var.targets

  dynamic "statement" {
    for_each = length(local._target_connections[each.key]) == 0 ? [] : ["this"]

    content {
      sid       = "ReadConnections"
      actions   = ["glue:GetConnection"]
      resources = concat(["${local._glue_arn}:catalog"], [for name in local._target_connections[each.key] : "${local._glue_arn}:connection/${name}"])
    }
  }

  dynamic "statement" {
    for_each = each.value.catalog == null ? [] : [each.value.catalog]

    content {
      sid = "CrawlTables"
      actions = [
        "glue:BatchCreatePartition", "glue:BatchGetPartition", "glue:BatchUpdatePartition", "glue:CreatePartition", "glue:GetDatabase",
        "glue:GetPartition", "glue:GetPartitions", "glue:GetTable", "glue:GetTables", "glue:UpdatePartition", "glue:UpdateTable",
      ]
      resources = concat(
        ["${local._glue_arn}:catalog", "${local._glue_arn}:database/${statement.value.database}"],
        [for table in statement.value.tables : "${local._glue_arn}:table/${statement.value.database}/${table}"],
      )
    }
  }
}

resource "aws_iam_role_policy" "targets" {
  for_each = var.targets

  name   = "targets"
  role   = aws_iam_role.crawler[each.key].name
  policy = data.aws_iam_policy_document.targets[each.key].json
}

# IAM deletes neither a role with attached policies nor an attached policy, and a destroy detaches only what has a resource of its own.
resource "aws_iam_role_policy_attachment" "crawler" {
  for_each = merge([
    for dataset, role in aws_iam_role.crawler : { for name, arn in var.policy_arns : "${dataset}/${name}" => { role = role.name, policy_arn = arn } }
  ]...)

  role       = each.value.role
  policy_arn = each.value.policy_arn
}

# The next apply removes permissions that somebody gave the role by hand.
# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/iam_role_policies_exclusive
resource "aws_iam_role_policies_exclusive" "crawler" {
  for_each = aws_iam_role.crawler

  role_name = each.value.name
  policy_names = concat(
    [for policies in [aws_iam_role_policy.catalog, aws_iam_role_policy.key, aws_iam_role_policy.logs, aws_iam_role_policy.raw] : policies[each.key].name],
    [for dataset, policy in aws_iam_role_policy.network : policy.name if dataset == each.key],
    [for dataset, policy in aws_iam_role_policy.targets : policy.name if dataset == each.key],
  )
}

resource "aws_iam_role_policy_attachments_exclusive" "crawler" {
  for_each = aws_iam_role.crawler

  role_name   = each.value.name
  policy_arns = [for key, attachment in aws_iam_role_policy_attachment.crawler : attachment.policy_arn if startswith(key, "${each.key}/")]
}
