# Copies of new objects, such as the raw files, in a bucket of another region or account.
locals {
  _replicated = var.replication == null ? {} : { this = var.replication }
}

# As AWS documents it, without a condition on the source account: if S3 did not send it, objects would stay without a copy, and
# nothing would fail. A role cannot be passed to S3 from another account.
# docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
data "aws_iam_policy_document" "replication_trust" {
  for_each = local._replicated

  statement {
    sid     = "S3Assumes"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "replication" {
  for_each = local._replicated

  name                  = "${var.prefix}-replication"
  description           = "S3: copies new objects of ${local.bucket_name}"
  assume_role_policy    = data.aws_iam_policy_document.replication_trust[each.key].json
  force_detach_policies = true
  permissions_boundary  = var.permissions_boundary
  tags                  = var.tags
}

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
data "aws_iam_policy_document" "replication" {
  for_each = local._replicated

  statement {
    sid       = "ReadRules"
    actions   = ["s3:GetReplicationConfiguration", "s3:ListBucket"]
    resources = [local.bucket_arn]
  }

  statement {
    sid       = "ReadObjects"
    actions   = ["s3:GetObjectVersionAcl", "s3:GetObjectVersionForReplication", "s3:GetObjectVersionTagging"]
    resources = [for prefix in each.value.prefixes : "${local.bucket_arn}/${prefix}*"]
  }

  statement {
    sid       = "WriteCopies"
    actions   = ["s3:ObjectOwnerOverrideToBucketOwner", "s3:ReplicateObject", "s3:ReplicateTags"]
    resources = [for prefix in each.value.prefixes : "${each.value.bucket_arn}/${prefix}*"]
  }

  statement {
    sid       = "ReadEncrypted"
    actions   = ["kms:Decrypt"]
    resources = [local.key_arn]
  }

  statement {
    sid       = "WriteEncrypted"
    actions   = ["kms:Encrypt", "kms:GenerateDataKey"]
    resources = [each.value.key_arn]
  }
}

resource "aws_iam_role_policy" "replication" {
  for_each = local._replicated

  name   = "replication"
  role   = aws_iam_role.replication[each.key].name
  policy = data.aws_iam_policy_document.replication[each.key].json
}

resource "aws_iam_role_policies_exclusive" "replication" {
  for_each = local._replicated

  role_name    = aws_iam_role.replication[each.key].name
  policy_names = [aws_iam_role_policy.replication[each.key].name]
}

resource "aws_iam_role_policy_attachments_exclusive" "replication" {
  for_each = local._replicated

  role_name   = aws_iam_role.replication[each.key].name
  policy_arns = []
}

# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/s3_bucket_replication_configuration
resource "aws_s3_bucket_replication_configuration" "this" {
  for_each = local._replicated

  bucket = aws_s3_bucket.this.id
  role   = aws_iam_role.replication[each.key].arn

  dynamic "rule" {
    for_each = sort(each.value.prefixes)

    content {
      id       = rule.value
      priority = rule.key
      status   = "Enabled"

      filter {
        prefix = rule.value
      }

      delete_marker_replication {
        status = "Disabled" # who deletes a raw file by mistake finds it in the copy
      }

      source_selection_criteria {
        sse_kms_encrypted_objects {
          status = "Enabled"
        }
      }

      destination {
        account       = each.value.account_id
        bucket        = each.value.bucket_arn
        storage_class = each.value.storage_class

        encryption_configuration {
          replica_kms_key_id = each.value.key_arn
        }

        dynamic "access_control_translation" {
          for_each = each.value.account_id == null ? [] : ["Destination"]

          content {
            owner = access_control_translation.value
          }
        }
      }
    }
  }

  # S3 copies only from a bucket with versioning, and needs the role's permissions.
  depends_on = [aws_iam_role_policy.replication, aws_s3_bucket_versioning.this]
}
