locals {
  role = "${local.name}-job"

  _account_arns = {
    for service in ["glue", "logs"] :
    service => "arn:${var.account.partition}:${service}:${var.account.region}:${var.account.id}"
  }
  _bucket_arn     = "arn:${var.account.partition}:s3:::${var.lake.bucket}"
  _log_group_arns = [for name in values(local.log_groups) : "${local._account_arns.logs}:log-group:${name}"]

  # Hadoop's S3 client asks for a folder by its bare name before it lists the folder, and replaces a folder that it empties
  # with an empty object.
  _folders  = concat([for zone in local.zones : "${zone}/${var.dataset}"], ["quarantine/${var.dataset}.failed"])
  _readable = flatten([for zone in ["code", "deliveries", "raw"] : ["${zone}/${var.dataset}", "${zone}/${var.dataset}/*"]])
  _writable = concat(
    flatten([for zone in local.zones : [zone, "${zone}/"]]),
    flatten([for folder in local._folders : [folder, "${folder}/*"]]),
  )

  # Full names: a name that only begins with the dataset's may belong to another dataset.
  _published_tables = [for zone in ["curated", "features"] : "${var.dataset}_${zone}"]
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

resource "aws_iam_role" "job" {
  name                  = local.role
  description           = "The job of ${var.dataset}: reads its raw files, writes what it publishes"
  assume_role_policy    = data.aws_iam_policy_document.trust.json
  force_detach_policies = true
  permissions_boundary  = var.permissions_boundary
  tags                  = var.tags
}

data "aws_iam_policy_document" "lake" {
  statement {
    sid       = "ReadItsSources"
    actions   = ["s3:GetObject"]
    resources = [for path in local._readable : "${local._bucket_arn}/${path}"]
  }

  statement {
    sid = "WriteZones"
    actions = [
      "s3:AbortMultipartUpload",
      "s3:DeleteObject",
      "s3:GetObject",
      "s3:ListMultipartUploadParts",
      "s3:PutObject",
    ]
    resources = [for path in local._writable : "${local._bucket_arn}/${path}"]
  }

  statement {
    sid       = "ListItsFolders"
    actions   = ["s3:ListBucket"]
    resources = [local._bucket_arn]

    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = concat(local._readable, local._writable)
    }
  }

  statement {
    sid       = "FindBucket"
    actions   = ["s3:GetBucketLocation"]
    resources = [local._bucket_arn]
  }
}

data "aws_iam_policy_document" "catalog" {
  statement {
    sid     = "ReadCatalog"
    actions = ["glue:GetDatabase", "glue:GetPartitions", "glue:GetTable"]
    resources = concat(
      ["${local._account_arns.glue}:catalog", "${local._account_arns.glue}:database/${var.database}"],
      [for table in concat([var.dataset], local._published_tables) : "${local._account_arns.glue}:table/${var.database}/${table}"],
    )
  }

  # The crawler writes the raw table, and Terraform the quarantine table.
  statement {
    sid     = "PublishTables"
    actions = ["glue:CreateTable", "glue:UpdateTable"]
    resources = concat(
      ["${local._account_arns.glue}:catalog", "${local._account_arns.glue}:database/${var.database}"],
      [for table in local._published_tables : "${local._account_arns.glue}:table/${var.database}/${table}"],
    )
  }

  statement {
    sid       = "ReadWorkflowRun"
    actions   = ["glue:GetWorkflowRunProperties"]
    resources = ["${local._account_arns.glue}:workflow/${var.workflow}"]
  }
}

data "aws_iam_policy_document" "monitoring" {
  statement {
    sid       = "WriteLogs"
    actions   = ["logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
    resources = concat(local._log_group_arns, [for arn in local._log_group_arns : "${arn}:*"])
  }

  statement {
    sid       = "WriteMetrics"
    actions   = ["cloudwatch:PutMetricData"]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "cloudwatch:namespace"
      values   = ["Glue", "Quartal"] # Glue's own, and what the job says of its rows
    }
  }

  statement {
    sid       = "TellOfRun"
    actions   = ["events:PutEvents"]
    resources = ["arn:${var.account.partition}:events:${var.account.region}:${var.account.id}:event-bus/default"]

    condition {
      test     = "StringEquals"
      variable = "events:source"
      values   = ["quartal"]
    }
  }
}

data "aws_iam_policy_document" "key" {
  statement {
    sid       = "ReadAndWriteEncrypted"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.lake.key_arn]
  }
}

resource "aws_iam_role_policy" "lake" {
  name   = "lake"
  role   = aws_iam_role.job.name
  policy = data.aws_iam_policy_document.lake.json
}

resource "aws_iam_role_policy" "catalog" {
  name   = "catalog"
  role   = aws_iam_role.job.name
  policy = data.aws_iam_policy_document.catalog.json
}

resource "aws_iam_role_policy" "monitoring" {
  name   = "monitoring"
  role   = aws_iam_role.job.name
  policy = data.aws_iam_policy_document.monitoring.json
}

# The key's ARN is known only once the key exists. It is in a policy of its own, so that a first plan shows the other policies.
resource "aws_iam_role_policy" "key" {
  name   = "key"
  role   = aws_iam_role.job.name
  policy = data.aws_iam_policy_document.key.json
}

# IAM deletes neither a role with attached policies nor an attached policy, and a destroy detaches only what has a resource of its own.
resource "aws_iam_role_policy_attachment" "job" {
  for_each = var.policy_arns

  role       = aws_iam_role.job.name
  policy_arn = each.value
}

# The next apply removes permissions that somebody gave the role by hand.
# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/iam_role_policies_exclusive
resource "aws_iam_role_policies_exclusive" "job" {
  role_name = aws_iam_role.job.name
  policy_names = concat(
    [aws_iam_role_policy.catalog.name, aws_iam_role_policy.key.name, aws_iam_role_policy.lake.name, aws_iam_role_policy.monitoring.name],
    aws_iam_role_policy.network[*].name,
  )
}

resource "aws_iam_role_policy_attachments_exclusive" "job" {
  role_name   = aws_iam_role.job.name
  policy_arns = values(aws_iam_role_policy_attachment.job)[*].policy_arn
}
