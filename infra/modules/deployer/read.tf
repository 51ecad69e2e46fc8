# What a plan reads, by the names of the pipeline's resources. The planner may do nothing else; the deployer also plans.
# tests/terraform/test_deployer.py compares these lists with the recorded calls of the AWS provider.
locals {
  _glue = "${local._aws}:glue:${local._account}"

  # Names that begin with the prefix, as ARNs of each service.
  named = {
    athena  = ["${local._aws}:athena:${local._account}:workgroup/${var.prefix}"]
    budgets = ["${local._aws}:budgets::${var.account.id}:budget/${var.prefix}-*"]
    cloudwatch = [
      "${local._aws}:cloudwatch:${local._account}:alarm:${var.prefix}-*",
      "${local._aws}:cloudwatch::${var.account.id}:dashboard/${var.prefix}-*",
    ]
    events = ["${local._aws}:events:${local._account}:rule/${var.prefix}-*"]
    glue = concat(
      ["${local._glue}:catalog", "${local._glue}:database/${local.database}"],
      [for kind in ["table", "userDefinedFunction"] : "${local._glue}:${kind}/${local.database}/*"],
      [for kind in ["crawler", "job", "trigger", "workflow"] : "${local._glue}:${kind}/${var.prefix}-*"],
    )
    iam        = ["${local._aws}:iam::${var.account.id}:role/${var.prefix}-*"]
    logs       = ["${local._aws}:logs:${local._account}:log-group:/aws-glue/*/${var.prefix}-*"]
    quicksight = [for kind in ["dataset", "datasource"] : "${local._aws}:quicksight:${local._account}:${kind}/${var.prefix}-*"]
    sns        = ["${local._aws}:sns:${local._account}:${var.prefix}-*"]
    states     = ["${local._aws}:states:${local._account}:stateMachine:${var.prefix}-*"]
  }
}

data "aws_iam_policy_document" "read" {
  statement {
    sid = "ReadWhatIsDeployed"
    actions = concat(
      [
        "athena:GetNamedQuery", "athena:GetWorkGroup", "athena:ListTagsForResource",
        "budgets:ListTagsForResource", "budgets:ViewBudget",
        "cloudwatch:DescribeAlarms", "cloudwatch:GetDashboard", "cloudwatch:ListTagsForResource",
        "events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule",
        "glue:GetCrawler", "glue:GetDatabase", "glue:GetJob", "glue:GetPartitionIndexes", "glue:GetTable", "glue:GetTags",
        "glue:GetTrigger", "glue:GetWorkflow",
        "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies",
        "logs:ListTagsForResource",
        "sns:GetTopicAttributes", "sns:ListTagsForResource",
        "states:DescribeStateMachine", "states:ListStateMachineVersions", "states:ListTagsForResource",
      ],
      var.quicksight == null ? [] : [
        "quicksight:DescribeDataSet", "quicksight:DescribeDataSetPermissions", "quicksight:DescribeDataSetRefreshProperties",
        "quicksight:DescribeDataSource", "quicksight:DescribeDataSourcePermissions", "quicksight:ListTagsForResource",
      ],
    )
    resources = concat(
      flatten([for service, arns in local.named : arns if service != "quicksight" || var.quicksight != null]),
      var.quicksight == null ? [] : ["${local._aws}:iam::${var.account.id}:role/service-role/${var.quicksight.service_role}"],
    )
  }

  # These actions support no resource, or no name of one.
  statement {
    sid = "ReadWhatHasNoName"
    actions = [
      "glue:GetClassifier", "glue:GetDataCatalogEncryptionSettings", "glue:GetSecurityConfiguration", "kms:ListAliases",
      "logs:DescribeLogGroups", "sns:GetSubscriptionAttributes", "states:ValidateStateMachineDefinition",
    ]
    resources = ["*"]
  }

  statement {
    sid       = "ReadKey"
    actions   = ["kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags"]
    resources = ["${local._aws}:kms:${local._account}:key/*"]

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/pipeline"
      values   = [var.prefix]
    }
  }

  statement {
    sid = "ReadBucket"
    actions = [
      "s3:GetAccelerateConfiguration", "s3:GetBucketAcl", "s3:GetBucketCORS", "s3:GetBucketLocation", "s3:GetBucketLogging", "s3:GetBucketNotification",
      "s3:GetBucketObjectLockConfiguration", "s3:GetBucketOwnershipControls", "s3:GetBucketPolicy",
      "s3:GetBucketPublicAccessBlock", "s3:GetBucketRequestPayment", "s3:GetBucketTagging", "s3:GetBucketVersioning",
      "s3:GetBucketWebsite", "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration",
      "s3:GetReplicationConfiguration", "s3:ListBucket",
    ]
    resources = local.bucket_arns
  }

  # Code, and the run manifests, from which a review computes the cost. Not the data.
  statement {
    sid       = "ReadCodeAndManifests"
    actions   = ["s3:GetObject", "s3:GetObjectTagging"]
    resources = [for folder in ["code", "manifests", "runs"] : "${local.bucket_arns[0]}/${folder}/*"]
  }

  # Objects are encrypted with the lake's key. S3 decrypts them for principals that may read the object and use the key.
  statement {
    sid       = "DecryptThem"
    actions   = ["kms:Decrypt"]
    resources = ["${local._aws}:kms:${local._account}:key/*"]

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/pipeline"
      values   = [var.prefix]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${var.account.region}.${local._dns_suffix}"]
    }
  }
}

data "aws_iam_policy_document" "state" {
  for_each = local.subjects

  statement {
    sid       = each.key == "planner" ? "ReadState" : "WriteState"
    actions   = each.key == "planner" ? ["s3:GetObject"] : ["s3:GetObject", "s3:PutObject"]
    resources = ["${local._aws}:s3:::${var.state.bucket}/${var.state.key}"]
  }

  # The lock is a file next to the state; a plan takes it too.
  statement {
    sid       = "LockState"
    actions   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    resources = ["${local._aws}:s3:::${var.state.bucket}/${var.state.key}.tflock"]
  }

  statement {
    sid       = "FindState"
    actions   = ["s3:ListBucket"]
    resources = ["${local._aws}:s3:::${var.state.bucket}"]
  }
}

resource "aws_iam_role_policy" "read" {
  for_each = aws_iam_role.this

  name   = "read"
  role   = each.value.name
  policy = data.aws_iam_policy_document.read.json
}

resource "aws_iam_role_policy" "state" {
  for_each = aws_iam_role.this

  name   = "state"
  role   = each.value.name
  policy = data.aws_iam_policy_document.state[each.key].json
}
