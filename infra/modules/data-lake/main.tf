locals {
  bucket_name = coalesce(var.bucket.name, "${var.prefix}-${var.account.id}-${var.account.region}")
  bucket_arn  = "arn:${var.account.partition}:s3:::${local.bucket_name}"

  # docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
  _reserved_names = "[.][.]|^[0-9]+[.][0-9]+[.][0-9]+[.][0-9]+$|^(xn--|sthree-|amzn-s3-demo-)|(-s3alias|--ol-s3|[.]mrap|--x-s3|--table-s3)$"
}

# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/s3_bucket
resource "aws_s3_bucket" "this" {
  # checkov:skip=CKV_AWS_144:The raw files can be delivered again and everything else is computed from them; a second region would double the cost of storage.
  # checkov:skip=CKV2_AWS_62:Deliveries are processed once a quarter by a scheduled workflow, so nothing reacts to single objects.
  bucket        = local.bucket_name
  force_destroy = var.bucket.force_destroy
  tags          = var.tags

  lifecycle {
    precondition {
      condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", local.bucket_name)) && !can(regex(local._reserved_names, local.bucket_name))
      error_message = "S3 does not allow the bucket name \"${local.bucket_name}\": use 3 to 63 lower-case letters, digits, single dots and hyphens, no IP address and no beginning or end that S3 reserves; or give a shorter prefix."
    }
  }

  # A destroy that cannot delete the bucket, because there are objects in it, must not have deleted their key before.
  depends_on = [aws_kms_key.this, var.key]
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

# S3 notifies nobody of objects, or EventBridge. A setting made by hand is drift, and the next apply removes it.
# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/s3_bucket_notification
resource "aws_s3_bucket_notification" "this" {
  bucket      = aws_s3_bucket.this.id
  eventbridge = var.bucket.events
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket                  = aws_s3_bucket.this.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = local.key_arn
    }
  }
}
