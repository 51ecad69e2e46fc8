# QuickSight queries Athena with one role for the whole account; only its S3 sources could have another. That role gets the
# permissions for this pipeline, as policies with the pipeline's name.
locals {
  _bucket_arn = "arn:${var.account.partition}:s3:::${var.lake.bucket}"
  _glue_arn   = "arn:${var.account.partition}:glue:${var.account.region}:${var.account.id}"
  _readable   = concat(sort(var.readable_prefixes), sort([for manifest in values(var.manifests) : manifest.prefix]), ["manifests/quicksight/"])
}

data "aws_iam_policy_document" "tables" {
  statement {
    sid       = "ReadTables"
    actions   = ["s3:GetObject"]
    resources = [for prefix in local._readable : "${local._bucket_arn}/${prefix}*"]
  }

  statement {
    sid       = "ListFolders"
    actions   = ["s3:ListBucket"]
    resources = [local._bucket_arn]

    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = flatten([for prefix in concat(local._readable, [var.results_prefix]) : [trimsuffix(prefix, "/"), "${prefix}*"]])
    }
  }

  statement {
    sid       = "FindBucket"
    actions   = ["s3:GetBucketLocation"]
    resources = [local._bucket_arn]
  }
}

data "aws_iam_policy_document" "answers" {
  statement {
    sid       = "KeepAnswers"
    actions   = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
    resources = ["${local._bucket_arn}/${var.results_prefix}*"]
  }

  statement {
    sid = "AskAthena"
    actions = [
      "athena:BatchGetQueryExecution", "athena:GetQueryExecution", "athena:GetQueryResults", "athena:GetQueryResultsStream",
      "athena:GetWorkGroup", "athena:ListQueryExecutions", "athena:StartQueryExecution", "athena:StopQueryExecution",
    ]
    resources = ["arn:${var.account.partition}:athena:${var.account.region}:${var.account.id}:workgroup/${var.workgroup}"]
  }
}

data "aws_iam_policy_document" "catalog" {
  statement {
    sid     = "ReadCatalog"
    actions = ["glue:GetDatabase", "glue:GetPartition", "glue:GetPartitions", "glue:GetTable", "glue:GetTables"]
    resources = [
      "${local._glue_arn}:catalog",
      "${local._glue_arn}:database/${var.database}",
      "${local._glue_arn}:table/${var.database}/*",
    ]
  }
}

data "aws_iam_policy_document" "key" {
  statement {
    sid       = "ReadAndWriteEncrypted"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.lake.key_arn]
  }
}

resource "aws_iam_role_policy" "tables" {
  name   = "${var.prefix}-tables"
  role   = var.service_role
  policy = data.aws_iam_policy_document.tables.json

  # IAM counts all inline policies of a role together. The one about the key is not known yet, but short.
  lifecycle {
    precondition {
      condition     = length(join("", [for policy in [data.aws_iam_policy_document.answers, data.aws_iam_policy_document.catalog, data.aws_iam_policy_document.tables] : policy.minified_json])) <= 10000
      error_message = "The policies for QuickSight's role are longer than the 10,240 characters that IAM allows for all inline policies of a role. Name fewer folders in readable_prefixes, or one that holds several."
    }
  }
}

resource "aws_iam_role_policy" "answers" {
  name   = "${var.prefix}-answers"
  role   = var.service_role
  policy = data.aws_iam_policy_document.answers.json
}

resource "aws_iam_role_policy" "catalog" {
  name   = "${var.prefix}-catalog"
  role   = var.service_role
  policy = data.aws_iam_policy_document.catalog.json
}

# The key's ARN is known only once the key exists. It is in a policy of its own, so that a first plan shows the other policies.
resource "aws_iam_role_policy" "key" {
  name   = "${var.prefix}-key"
  role   = var.service_role
  policy = data.aws_iam_policy_document.key.json
}
