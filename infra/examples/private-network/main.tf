# A lake, its crawler and its job, which run in a network without internet access. Terraform reads the job's code from
# artifacts/, and its packages too, because Glue cannot reach PyPI from there.

module "lake" {
  source = "../../modules/data-lake"

  account         = local.account
  lifecycle_rules = { tmp = { prefix = "tmp/", expiration_days = 7 } }
  prefix          = "claims"
}

module "network" {
  source = "../../modules/private-network"

  account            = local.account
  cidr_block         = "10.20.0.0/24"
  key_arn            = module.lake.key_arn
  log_retention_days = 400
  prefix             = "claims"
  subnets            = { "${var.region}a" = "10.20.0.0/25", "${var.region}b" = "10.20.0.128/25" }
}

module "catalog" {
  source = "../../modules/glue-catalog"

  account            = local.account
  contracts          = { orders = { columns = ["order_id", "customer", "ordered_at"] } }
  lake               = module.lake
  log_retention_days = 400
  network            = module.network.network
  prefix             = "claims"
}

module "job" {
  source = "../../modules/glue-job"

  account            = local.account
  connections        = module.catalog.connections
  database           = module.catalog.database
  dataset            = "orders"
  job                = { number_of_workers = 4 }
  lake               = module.lake
  log_retention_days = 400
  prefix             = "claims"
  workflow           = "claims-orders"

  artifacts = {
    contract = "artifacts/contracts/orders.yaml"
    package  = "artifacts/etl_job.zip"
    script   = "artifacts/main.py"
    wheels   = "artifacts/etl_job.gluewheels.zip"
  }
}

output "vpc_id" {
  description = "Id of the network, for connecting it to others."
  value       = module.network.vpc_id
}
