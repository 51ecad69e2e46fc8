# The server access log of the lake: in an existing bucket of the account, or in one of the lake's own. S3 encrypts the lake's
# own log bucket with its own keys, because it delivers access logs to no bucket that requires a KMS key.
locals {
  log_bucket_name = "${local.bucket_name}-log"

  # Whether bucket is set decides, not its name: the name of a bucket that the same configuration creates may be unknown at plan.
  _own_log    = var.access_log == null ? false : var.access_log.bucket == null
  _own_log_of = local._own_log ? { this = var.access_log.retention_days } : {}
  _log_arn    = "arn:${var.account.partition}:s3:::${local.log_bucket_name}"
}

resource "aws_s3_bucket_logging" "this" {
  count = var.access_log == null ? 0 : 1

  bucket        = aws_s3_bucket.this.id
  target_bucket = local._own_log ? aws_s3_bucket.log["this"].id : var.access_log.bucket.name
  target_prefix = coalesce(var.access_log.prefix, "${local.bucket_name}/")

  lifecycle {
    precondition {
      condition     = try(var.access_log.bucket.name, null) != local.bucket_name
      error_message = "access_log.bucket.name must be another bucket than the lake: S3 delivers no access logs to a bucket that is encrypted with a KMS key. Leave bucket out for a bucket of the lake's own."
    }
  }

  depends_on = [aws_s3_bucket_policy.log]
}

resource "aws_s3_bucket" "log" {
  # checkov:skip=CKV_AWS_18:A log bucket that logs its own access would grow without end.
  # checkov:skip=CKV_AWS_21:S3 writes each log object once, and nobody else may write; versions would keep objects that should expire.
  # checkov:skip=CKV_AWS_144:An access log is kept only for a while, and is not worth a second region.
  # checkov:skip=CKV_AWS_145:S3 delivers no access logs to buckets that are encrypted with a KMS key.
  # checkov:skip=CKV2_AWS_62:Nothing reacts to single log objects.
  for_each = local._own_log_of

  bucket        = local.log_bucket_name
  force_destroy = var.bucket.force_destroy
  tags          = var.tags

  lifecycle {
    precondition {
      condition     = length(local.log_bucket_name) <= 63
      error_message = "The bucket of the access log would be called ${local.log_bucket_name}, but S3 allows 63 characters. Give a shorter bucket.name, or an existing bucket as access_log.bucket."
    }
  }
}

resource "aws_s3_bucket_ownership_controls" "log" {
  for_each = local._own_log_of

  bucket = aws_s3_bucket.log[each.key].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "log" {
  for_each = local._own_log_of

  bucket                  = aws_s3_bucket.log[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "log" {
  for_each = local._own_log_of

  bucket = aws_s3_bucket.log[each.key].id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "log" {
  for_each = local._own_log_of

  bucket = aws_s3_bucket.log[each.key].id

  rule {
    id     = "expire"
    status = "Enabled"

    filter {
      prefix = ""
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }

    expiration {
      days = each.value
    }
  }
}

data "aws_iam_policy_document" "log" {
  for_each = local._own_log_of

  # First, because moto cannot read the principal "*" of a statement before it, and then accepts no access log.
  statement {
    sid       = "LakeLogs"
    actions   = ["s3:PutObject"]
    resources = ["${local._log_arn}/*"]

    principals {
      type        = "Service"
      identifiers = ["logging.s3.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [local.bucket_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account.id]
    }
  }

  statement {
    sid       = "DenyWithoutTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [local._log_arn, "${local._log_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "log" {
  for_each = local._own_log_of

  bucket = aws_s3_bucket.log[each.key].id
  policy = data.aws_iam_policy_document.log[each.key].json

  # S3 refuses concurrent changes of a bucket's access.
  depends_on = [aws_s3_bucket_public_access_block.log]
}
