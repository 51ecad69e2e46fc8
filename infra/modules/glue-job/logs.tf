locals {
  # Glue gives the log groups these names if the job has a security configuration that encrypts.
  log_group_prefix = "/aws-glue/jobs/${var.lake.security_configuration}-role/${local.role}"
  log_groups       = { for stream in ["error", "output"] : stream => "${local.log_group_prefix}/${stream}" }
}

# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/cloudwatch_log_group
resource "aws_cloudwatch_log_group" "job" {
  for_each = local.log_groups

  name              = each.value
  kms_key_id        = var.lake.key_arn
  retention_in_days = var.log_retention_days
  tags              = var.tags
}
