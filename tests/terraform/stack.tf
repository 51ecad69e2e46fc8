# A stack of somebody else, planned by test_stacks.py. Everything that it would make beside the modules is known only after an
# apply. One provider under another name, and two lakes by for_each.

provider "aws" {
  alias                       = "frankfurt"
  region                      = "eu-central-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

resource "terraform_data" "made" {
  for_each = toset([
    "boundary", "bucket", "connection", "group", "job", "key", "log_bucket", "oidc_provider", "policy", "role", "security_group", "subnet",
  ])

  input = each.key
}

locals {
  account = { id = "123456789012", region = "eu-central-1" }
  made    = { for name, resource in terraform_data.made : name => resource.output }
  lake    = { bucket = local.made["bucket"], key_arn = local.made["key"], security_configuration = local.made["bucket"] }
}

module "lake" {
  source    = "./modules/data-lake"
  for_each  = toset(["sales-eu", "sales-us"])
  providers = { aws = aws.frankfurt }

  access_log           = { bucket = { name = local.made["log_bucket"] } }
  account              = local.account
  bucket               = { name = each.key == "sales-eu" ? local.made["bucket"] : null }
  key                  = { own = { arn = local.made["key"] } }
  permissions_boundary = local.made["boundary"]
  prefix               = each.key
  replication          = { account_id = local.made["role"], bucket_arn = local.made["bucket"], key_arn = local.made["key"] }

  policy_statements = {
    Analysts = { actions = ["s3:GetObject"], paths = ["features/*"], principals = { AWS = [local.made["role"]] } }
  }
}

module "catalog" {
  source    = "./modules/glue-catalog"
  count     = 1
  providers = { aws = aws.frankfurt }

  account              = local.account
  account_catalog      = { key_arn = local.made["key"] }
  contracts            = { orders = { columns = ["order_id"] }, returns = { columns = ["return_id"], format = "parquet" } }
  lake                 = local.lake
  log_retention_days   = 30
  network              = { security_group_ids = [local.made["security_group"]], subnets = { eu-central-1a = local.made["subnet"] } }
  permissions_boundary = local.made["boundary"]
  policy_arns          = { secret = local.made["policy"] }
  prefix               = "sales"
  targets              = { orders = { jdbc = [{ connection = local.made["connection"], path = "shop/%" }] } }
}

module "job" {
  source    = "./modules/glue-job"
  for_each  = toset(["orders", "returns"])
  providers = { aws = aws.frankfurt }

  account              = local.account
  connections          = [local.made["connection"]]
  database             = local.made["bucket"]
  dataset              = each.key
  job                  = { number_of_workers = 2 }
  lake                 = local.lake
  log_retention_days   = 30
  permissions_boundary = local.made["boundary"]
  policy_arns          = { secret = local.made["policy"] }
  prefix               = "sales"
  workflow             = local.made["job"]

  artifacts = {
    contract = "artifacts/contracts/orders.yaml"
    package  = "artifacts/etl_job.zip"
    script   = "artifacts/main.py"
    wheels   = "artifacts/etl_job.gluewheels.zip"
  }
}

module "workflow" {
  source    = "./modules/glue-workflow"
  providers = { aws = aws.frankfurt }

  crawler = local.made["job"]
  dataset = "orders"
  job     = local.made["job"]
  prefix  = "sales"
  start   = { type = "EVENT" }
}

module "alerting" {
  source    = "./modules/alerting"
  providers = { aws = aws.frankfurt }

  account              = local.account
  emails               = ["data-team@example.com"]
  key_arn              = local.made["key"]
  permissions_boundary = local.made["boundary"]
  prefix               = "sales"

  feeds = {
    orders = { crawler = local.made["job"], database = local.made["bucket"], job = local.made["job"], overdue = { after_days = 7, schedule = "cron(0 2 8 1,4,7,10 ? *)" } }
  }
}

module "athena" {
  source    = "./modules/athena"
  providers = { aws = aws.frankfurt }

  account  = local.account
  database = local.made["bucket"]
  feeds    = { orders = { count_column = "orders", entity = [] } }
  lake     = local.lake
  prefix   = "sales"
}

module "access" {
  source    = "./modules/access"
  providers = { aws = aws.frankfurt }

  account              = local.account
  database             = local.made["bucket"]
  datasets             = ["orders"]
  lake                 = local.lake
  permissions_boundary = local.made["boundary"]
  prefix               = "sales"
  readers              = { trusted_principals = [local.made["role"]] }
  results_prefix       = module.athena.results_prefix
  workgroup            = module.athena.workgroup
}

module "quicksight" {
  source    = "./modules/quicksight"
  providers = { aws = aws.frankfurt }

  account        = local.account
  data_sets      = { orders = { columns = [{ name = "orders", type = "INTEGER" }], sql = "SELECT 1 AS orders" } }
  database       = local.made["bucket"]
  lake           = local.lake
  manifests      = { orders = { prefix = "exports/orders/" } }
  owners         = [local.made["group"]]
  prefix         = "sales"
  readers        = [local.made["group"]]
  results_prefix = module.athena.results_prefix
  service_role   = local.made["role"]
  workgroup      = module.athena.workgroup
}

module "network" {
  source    = "./modules/private-network"
  providers = { aws = aws.frankfurt }

  account              = local.account
  cidr_block           = local.made["subnet"]
  key_arn              = local.made["key"]
  log_retention_days   = 30
  permissions_boundary = local.made["boundary"]
  prefix               = "sales"
  subnets              = { eu-central-1a = local.made["subnet"], eu-central-1b = "10.20.0.128/25" }
}

module "network_access" {
  source    = "./modules/network-access"
  providers = { aws = aws.frankfurt }

  account     = local.account
  connections = [local.made["connection"]]
}

module "deployer" {
  source    = "./modules/deployer"
  providers = { aws = aws.frankfurt }

  account = local.account
  github  = { environment = "prod", oidc_provider = { arn = local.made["oidc_provider"] }, repository = "example/sales" }
  lake    = { bucket_name = local.made["bucket"] }
  prefix  = "sales"
  state   = { bucket = local.made["bucket"], key = "sales/terraform.tfstate" }
}
