# What an administrator applies once in an account: the roles with which GitHub's workflows review and deploy dev and prod.

locals {
  repository   = "example/orders"
  state_bucket = "quartal-state-${local.account.id}-${var.region}"
}

module "dev" {
  source = "../../modules/deployer"

  account = local.account
  github  = { repository = local.repository, environment = "dev" }
  lake    = { may_be_emptied = true }
  prefix  = "orders-dev"
  state   = { bucket = local.state_bucket, key = "quartal/dev/terraform.tfstate" }
}

module "prod" {
  source = "../../modules/deployer"

  account = local.account
  github  = { repository = local.repository, environment = "prod", oidc_provider = { arn = module.dev.oidc_provider_arn } }
  prefix  = "orders-prod"
  state   = { bucket = local.state_bucket, key = "quartal/prod/terraform.tfstate" }
}

output "boundary_arns" {
  description = "The permissions_boundary of each environment's tfvars."
  value       = { dev = module.dev.boundary_arn, prod = module.prod.boundary_arn }
}

output "role_arns" {
  description = "Values for the variables of the repository and of its GitHub environments."
  value       = { dev = module.dev.role_arns, prod = module.prod.role_arns }
}
