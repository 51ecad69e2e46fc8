# What an apply may change, in addition to what it reads.
data "aws_iam_policy_document" "change" {
  statement {
    sid = "ChangeWhatIsDeployed"
    actions = concat(
      [
        "athena:CreateNamedQuery", "athena:CreateWorkGroup", "athena:DeleteNamedQuery", "athena:DeleteWorkGroup",
        "athena:TagResource", "athena:UntagResource", "athena:UpdateWorkGroup",
        "budgets:ModifyBudget", "budgets:TagResource", "budgets:UntagResource",
        "cloudwatch:DeleteAlarms", "cloudwatch:DeleteDashboards", "cloudwatch:PutDashboard", "cloudwatch:PutMetricAlarm",
        "cloudwatch:TagResource", "cloudwatch:UntagResource",
        "events:DeleteRule", "events:PutRule", "events:PutTargets", "events:RemoveTargets", "events:TagResource",
        "events:UntagResource",
        "glue:CreateDatabase", "glue:CreateJob", "glue:CreateTable", "glue:CreateTrigger",
        "glue:CreateWorkflow", "glue:DeleteCrawler", "glue:DeleteDatabase", "glue:DeleteJob", "glue:DeleteTable",
        "glue:DeleteTrigger", "glue:DeleteWorkflow", "glue:StartTrigger", "glue:StopTrigger", "glue:TagResource",
        "glue:UntagResource", "glue:UpdateCrawler", "glue:UpdateDatabase", "glue:UpdateJob", "glue:UpdateTable",
        "glue:UpdateTrigger", "glue:UpdateWorkflow",
        "logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:PutRetentionPolicy",
        "logs:TagResource", "logs:UntagResource",
        "sns:CreateTopic", "sns:DeleteTopic", "sns:SetTopicAttributes", "sns:Subscribe", "sns:TagResource", "sns:UntagResource",
        "states:CreateStateMachine", "states:DeleteStateMachine", "states:TagResource", "states:UntagResource",
        "states:UpdateStateMachine",
      ],
      var.quicksight == null ? [] : [
        "quicksight:CreateDataSet", "quicksight:DeleteDataSet", "quicksight:DeleteDataSource",
        "quicksight:PassDataSet", "quicksight:PassDataSource", "quicksight:TagResource", "quicksight:UntagResource",
        "quicksight:UpdateDataSet", "quicksight:UpdateDataSetPermissions", "quicksight:UpdateDataSource",
        "quicksight:UpdateDataSourcePermissions",
      ],
    )
    resources = flatten([for service, arns in local.named : arns if !contains(["iam", "quicksight"], service) || service == "quicksight" && var.quicksight != null])
  }

  # These actions support no resources.
  statement {
    sid = "ChangeWhatHasNoName"
    actions = concat(
      [
        "glue:CreateClassifier", "glue:CreateSecurityConfiguration", "glue:DeleteClassifier",
        "glue:DeleteSecurityConfiguration", "glue:UpdateClassifier", "sns:Unsubscribe",
      ],
      var.encrypt_account_catalog ? ["glue:PutDataCatalogEncryptionSettings"] : [],
    )
    resources = ["*"]
  }

  # Nor do these, but AWS can check the tags of what is created.
  statement {
    sid       = "MakeTagged"
    actions   = concat(["glue:CreateCrawler"], var.quicksight == null ? [] : ["quicksight:CreateDataSource"])
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/pipeline"
      values   = [var.prefix]
    }
  }
}

data "aws_iam_policy_document" "buckets" {
  statement {
    sid = "ChangeBucket"
    actions = [
      "s3:CreateBucket", "s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:PutBucketLogging", "s3:PutBucketNotification", "s3:PutBucketOwnershipControls",
      "s3:PutBucketPolicy", "s3:PutBucketPublicAccessBlock", "s3:PutBucketTagging", "s3:PutBucketVersioning",
      "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration",
    ]
    resources = local.bucket_arns
  }

  statement {
    sid = "ChangeCode"
    actions = [
      "s3:DeleteObject", "s3:DeleteObjectTagging", "s3:DeleteObjectVersion", "s3:PutObject", "s3:PutObjectTagging",
    ]
    resources = [for folder in ["code", "manifests"] : "${local.bucket_arns[0]}/${folder}/*"]
  }

  statement {
    sid       = "ListVersionsOfCode"
    actions   = ["s3:ListBucketVersions"]
    resources = local.bucket_arns
  }

  dynamic "statement" {
    for_each = var.lake.may_be_emptied ? ["this"] : []

    content {
      sid       = "EmptyBucket"
      actions   = ["s3:DeleteObject", "s3:DeleteObjectVersion"]
      resources = [for arn in local.bucket_arns : "${arn}/*"]
    }
  }

  # KMS does not distinguish tagging a new key from tagging an existing one. IfExists refuses the keys of other pipelines.
  statement {
    sid       = "MakeKey"
    actions   = ["kms:CreateKey", "kms:TagResource"]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/pipeline"
      values   = [var.prefix]
    }

    condition {
      test     = "StringEqualsIfExists"
      variable = "aws:ResourceTag/pipeline"
      values   = [var.prefix]
    }
  }

  statement {
    sid = "ChangeKey"
    actions = [
      "kms:CreateAlias", "kms:DeleteAlias", "kms:EnableKeyRotation", "kms:GenerateDataKey", "kms:PutKeyPolicy",
      "kms:ScheduleKeyDeletion", "kms:TagResource", "kms:UntagResource", "kms:UpdateAlias", "kms:UpdateKeyDescription",
    ]
    resources = ["${local._aws}:kms:${local._account}:key/*"]

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/pipeline"
      values   = [var.prefix]
    }
  }

  statement {
    sid       = "ChangeAlias"
    actions   = ["kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"]
    resources = ["${local._aws}:kms:${local._account}:alias/${var.prefix}-*"]
  }
}

# A deployment can create roles and give them policies only with the boundary. Otherwise it could create a role that may do
# more than any role of a pipeline needs, and then use it.
data "aws_iam_policy_document" "roles" {
  statement {
    sid       = "ChangeBoundedRoles"
    actions   = ["iam:CreateRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"]
    resources = local.named.iam

    condition {
      test     = "StringEquals"
      variable = "iam:PermissionsBoundary"
      values   = [local.boundary_arn]
    }
  }

  statement {
    sid = "ChangeRoles"
    actions = [
      "iam:DeleteRole", "iam:ListInstanceProfilesForRole", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy",
    ]
    resources = local.named.iam
  }

  statement {
    sid       = "HandRolesToServices"
    actions   = ["iam:PassRole"]
    resources = local.named.iam

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["events.amazonaws.com", "glue.amazonaws.com", "states.amazonaws.com"]
    }
  }

  dynamic "statement" {
    for_each = var.quicksight == null ? [] : ["this"]

    content {
      sid       = "ChangeQuickSightsRole"
      actions   = ["iam:DeleteRolePolicy", "iam:PutRolePolicy"]
      resources = ["${local._aws}:iam::${var.account.id}:role/service-role/${var.quicksight.service_role}"]
    }
  }
}

locals {
  # Managed policies: together they are longer than IAM allows for inline policies.
  changes = merge({
    buckets = data.aws_iam_policy_document.buckets.json
    change  = data.aws_iam_policy_document.change.json
    roles   = data.aws_iam_policy_document.roles.json
  }, var.private_network ? { network = data.aws_iam_policy_document.network.json } : {})
}

resource "aws_iam_policy" "change" {
  for_each = local.changes

  name        = "${local.names.deployer}-${each.key}"
  description = "What a deployment of ${var.prefix} may change: ${each.key}"
  policy      = each.value
  tags        = var.tags
}

resource "aws_iam_role_policy_attachment" "change" {
  for_each = local.changes

  role       = aws_iam_role.this["deployer"].name
  policy_arn = "${local._aws}:iam::${var.account.id}:policy/${local.names.deployer}-${each.key}"

  depends_on = [aws_iam_policy.change]
}
