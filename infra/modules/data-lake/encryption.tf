locals {
  # If a policy refers to a resource, Terraform computes it only once that resource exists. If it refers to this local, Terraform
  # computes it as soon as the value is known, so later plans, and tests, can show it.
  key_arn = var.key.own == null ? one(aws_kms_key.this[*].arn) : var.key.own.arn

  # Of the services here, only logs has a principal that differs by partition; the others use amazonaws.com everywhere.
  _dns_suffix = var.account.partition == "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com"

  key_alias              = "alias/${var.prefix}-lake"
  security_configuration = "${var.prefix}-lake"

  # Glue names an encrypted log group after the security configuration and the role: a job's begins with the former, a crawler's
  # ends with it. So crawlers whose names begin with another prefix can use the lake too.
  _log_group_arns = [
    for name in ["jobs/${var.prefix}-*", "crawlers-role/${var.prefix}-*", "crawlers-role/*-${local.security_configuration}"] :
    "arn:${var.account.partition}:logs:${var.account.region}:${var.account.id}:log-group:/aws-glue/${name}"
  ]
}

# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/kms_key
resource "aws_kms_key" "this" {
  count = var.key.own == null ? 1 : 0

  description             = "Encrypts the data lake ${local.bucket_name}, and the logs of what works on it"
  deletion_window_in_days = var.key.deletion_window_days
  enable_key_rotation     = true
  policy                  = data.aws_iam_policy_document.key.json
  tags                    = var.tags
}

moved {
  from = aws_kms_key.this
  to   = aws_kms_key.this[0]
}

resource "aws_kms_alias" "this" {
  count = var.key.own == null ? 1 : 0

  name          = local.key_alias
  target_key_id = aws_kms_key.this[0].key_id
}

moved {
  from = aws_kms_alias.this
  to   = aws_kms_alias.this[0]
}

data "aws_iam_policy_document" "key" {
  statement {
    sid       = "AccountDelegatesToIam"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${var.account.partition}:iam::${var.account.id}:root"]
    }
  }

  statement {
    sid       = "LogsEncryptTheirGroups"
    actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["logs.${var.account.region}.${local._dns_suffix}"]
    }

    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = local._log_group_arns
    }
  }

  # For the alerts topic, which is encrypted with this key too: alarms and budgets of this account. GovCloud has no budgets.
  statement {
    sid       = "AlertsEncryptTheirMessages"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = concat(var.account.partition == "aws-us-gov" ? [] : ["budgets.amazonaws.com"], ["cloudwatch.amazonaws.com"])
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account.id]
    }
  }

  # Without the condition, because EventBridge's requests do not have the account: with it, its messages would be lost.
  # docs.aws.amazon.com/sns/latest/dg/sns-key-management.html, "Important"
  statement {
    sid       = "EventsEncryptTheirMessages"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }
  }
}

# Belongs to the lake because crawlers and jobs share it: it encrypts their data and logs with the lake's key.
# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/glue_security_configuration
resource "aws_glue_security_configuration" "this" {
  name = local.security_configuration

  encryption_configuration {
    cloudwatch_encryption {
      cloudwatch_encryption_mode = "SSE-KMS"
      kms_key_arn                = local.key_arn
    }

    job_bookmarks_encryption {
      job_bookmarks_encryption_mode = "CSE-KMS"
      kms_key_arn                   = local.key_arn
    }

    s3_encryption {
      s3_encryption_mode = "SSE-KMS"
      kms_key_arn        = local.key_arn
    }
  }
}
