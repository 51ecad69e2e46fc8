locals {
  results_prefix = "athena-results/${var.prefix}/"
}

# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/athena_workgroup
resource "aws_athena_workgroup" "this" {
  name          = var.prefix
  description   = "Queries of the tables of ${var.database}, with a scan limit and encrypted results"
  force_destroy = true # a workgroup holds no data: only the history of its queries goes with it
  tags          = var.tags

  configuration {
    bytes_scanned_cutoff_per_query     = var.scan_limit_gib * pow(1024, 3)
    enforce_workgroup_configuration    = true
    publish_cloudwatch_metrics_enabled = true

    result_configuration {
      expected_bucket_owner = var.account.id
      output_location       = "s3://${var.lake.bucket}/${local.results_prefix}"

      encryption_configuration {
        encryption_option = "SSE_KMS"
        kms_key_arn       = var.lake.key_arn
      }
    }
  }
}
