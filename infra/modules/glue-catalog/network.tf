locals {
  # One per zone. A job uses the first connection whose zone works; a crawler can have only one.
  # docs.aws.amazon.com/glue/latest/dg/glue-troubleshooting-errors.html, "Failover behavior between VPCs"
  connections = var.network == null ? {} : { for zone in keys(var.network.subnets) : zone => "${var.prefix}-${zone}" }
}

# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/glue_connection
resource "aws_glue_connection" "this" {
  for_each = local.connections

  name            = each.value
  connection_type = "NETWORK"
  description     = "Crawls and job runs in the subnet of ${each.key}"
  tags            = var.tags

  physical_connection_requirements {
    availability_zone      = each.key
    security_group_id_list = var.network.security_group_ids
    subnet_id              = var.network.subnets[each.key]
  }
}

module "network_access" {
  source = "../network-access"

  account     = var.account
  connections = values(local.connections)
}

resource "aws_iam_role_policy" "network" {
  for_each = var.network == null ? {} : var.contracts

  name   = "network"
  role   = aws_iam_role.crawler[each.key].name
  policy = module.network_access.policy
}
