variable "name" {
  type = string
}

resource "aws_kms_key" "this" {
  description             = "the lake"
  enable_key_rotation     = true
  deletion_window_in_days = 30
}

resource "aws_s3_bucket" "this" {
  bucket = var.name
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket                  = aws_s3_bucket.this.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_glue_catalog_database" "this" {
  name = replace(var.name, "-", "_")
}

output "bucket" {
  value = aws_s3_bucket.this.bucket
}

output "database" {
  value = aws_glue_catalog_database.this.name
}
