data "aws_iam_policy_document" "tables" {
  statement {
    sid       = "ReadTables"
    actions   = ["s3:GetObject"]
    resources = [for folder in local._folders : "${local._bucket_arn}/${folder}*"]
  }

  statement {
    sid       = "ListFolders"
    actions   = ["s3:ListBucket"]
    resources = [local._bucket_arn]

    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = flatten([for folder in concat(local._folders, [var.results_prefix]) : [trimsuffix(folder, "/"), "${folder}*"]])
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
      "athena:BatchGetNamedQuery", "athena:BatchGetQueryExecution", "athena:GetNamedQuery", "athena:GetQueryExecution",
      "athena:GetQueryResults", "athena:GetQueryResultsStream", "athena:GetWorkGroup", "athena:ListNamedQueries",
      "athena:ListQueryExecutions", "athena:StartQueryExecution", "athena:StopQueryExecution",
    ]
    resources = ["arn:${var.account.partition}:athena:${var.account.region}:${var.account.id}:workgroup/${var.workgroup}"]
  }
}

data "aws_iam_policy_document" "catalog" {
  statement {
    sid     = "ReadCatalog"
    actions = ["glue:GetDatabase", "glue:GetPartition", "glue:GetPartitions", "glue:GetTable", "glue:GetTables"]
    resources = concat(
      ["${local._glue_arn}:catalog", "${local._glue_arn}:database/${var.database}"],
      [for table in local._tables : "${local._glue_arn}:table/${var.database}/${table}"],
    )
  }
}

# Athena encrypts query results with the reader's permissions, so Decrypt is not enough.
data "aws_iam_policy_document" "key" {
  statement {
    sid       = "ReadTablesAndWriteAnswers"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.lake.key_arn]
  }
}

resource "aws_iam_role_policy" "tables" {
  name   = "tables"
  role   = aws_iam_role.reader.name
  policy = data.aws_iam_policy_document.tables.json
}

resource "aws_iam_role_policy" "answers" {
  name   = "answers"
  role   = aws_iam_role.reader.name
  policy = data.aws_iam_policy_document.answers.json
}

resource "aws_iam_role_policy" "catalog" {
  name   = "catalog"
  role   = aws_iam_role.reader.name
  policy = data.aws_iam_policy_document.catalog.json
}

# The key's ARN is known only once the key exists. It is in a policy of its own, so that a first plan shows the other policies.
resource "aws_iam_role_policy" "key" {
  name   = "key"
  role   = aws_iam_role.reader.name
  policy = data.aws_iam_policy_document.key.json
}

# The next apply removes permissions that somebody gave the role by hand.
# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/iam_role_policies_exclusive
resource "aws_iam_role_policies_exclusive" "reader" {
  role_name = aws_iam_role.reader.name
  policy_names = [
    aws_iam_role_policy.answers.name, aws_iam_role_policy.catalog.name, aws_iam_role_policy.key.name, aws_iam_role_policy.tables.name
  ]
}

resource "aws_iam_role_policy_attachments_exclusive" "reader" {
  role_name   = aws_iam_role.reader.name
  policy_arns = []
}
