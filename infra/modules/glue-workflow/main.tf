locals {
  name = "${var.prefix}-${replace(var.dataset, "_", "-")}"
}

# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/glue_workflow
resource "aws_glue_workflow" "this" {
  name                   = local.name
  description            = "Crawls new deliveries of ${var.dataset}, then runs its job"
  default_run_properties = merge({ dataset = var.dataset }, var.run_properties)
  max_concurrent_runs    = 1
  tags                   = var.tags
}
