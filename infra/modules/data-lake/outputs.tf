# Whoever reads these outputs may use the lake, so they depend on everything that protects it.

output "access_log_bucket" {
  description = "Name of the bucket that receives the access log; null if none is written."
  value       = var.access_log == null ? null : (local._own_log ? local.log_bucket_name : var.access_log.bucket.name)
}

output "arn" {
  description = "ARN of the bucket."
  value       = local.bucket_arn
  depends_on = [
    aws_s3_bucket_ownership_controls.this,
    aws_s3_bucket_policy.this,
    aws_s3_bucket_server_side_encryption_configuration.this,
    aws_s3_bucket_versioning.this,
  ]
}

output "bucket" {
  description = "Name of the bucket."
  value       = local.bucket_name
  depends_on = [
    aws_s3_bucket_ownership_controls.this,
    aws_s3_bucket_policy.this,
    aws_s3_bucket_server_side_encryption_configuration.this,
    aws_s3_bucket_versioning.this,
  ]
}

output "key_alias" {
  description = "Alias of the key; null for a key of your own."
  value       = one(aws_kms_alias.this[*].name)
}

output "key_arn" {
  description = "ARN of the key that encrypts the bucket and the logs."
  value       = local.key_arn
}

output "key_policy" {
  description = "Policy of the key, in JSON; the policy of a key of your own must contain it."
  value       = data.aws_iam_policy_document.key.json
}

output "security_configuration" {
  description = "Name of the Glue security configuration that crawlers and jobs on this lake use."
  value       = aws_glue_security_configuration.this.name
}
