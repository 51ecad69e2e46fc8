# The whole chain wired by hand, for one feed, with alerts, Athena and QuickSight.

locals {
  dataset = "orders"
  prefix  = "sales-prod"
}

module "lake" {
  source = "../../modules/data-lake"

  access_log = {}
  account    = local.account
  prefix     = local.prefix

  lifecycle_rules = {
    answers    = { prefix = "athena-results/", expiration_days = 30 }
    everything = { prefix = "", noncurrent_expiration_days = 90 }
    quarantine = { prefix = "quarantine/", expiration_days = 730 }
    raw        = { prefix = "raw/", transitions = { STANDARD_IA = 120, GLACIER_IR = 400 } }
  }
}

module "catalog" {
  source = "../../modules/glue-catalog"

  account            = local.account
  contracts          = { (local.dataset) = { columns = ["order_id", "customer", "ordered_at"] } }
  lake               = module.lake
  log_retention_days = 400
  prefix             = local.prefix
}

module "job" {
  source = "../../modules/glue-job"

  account            = local.account
  database           = module.catalog.database
  dataset            = local.dataset
  job                = { number_of_workers = 10 }
  lake               = module.lake
  log_retention_days = 400
  prefix             = local.prefix
  workflow           = module.workflow.workflow

  artifacts = {
    contract = "artifacts/contracts/orders.yaml"
    package  = "artifacts/etl_job.zip"
    script   = "artifacts/main.py"
  }
}

module "workflow" {
  source = "../../modules/glue-workflow"

  crawler = module.catalog.crawlers[local.dataset]
  dataset = local.dataset
  job     = module.job.job
  prefix  = local.prefix

  schedule = {
    lead_time_days = 7
    ml_run         = { first_month = 1, day = 15 }
    time_zone      = { name = "Europe/Berlin" }
  }
}

module "alerting" {
  source = "../../modules/alerting"

  account = local.account
  emails  = ["data-team@example.com"]
  key_arn = module.lake.key_arn
  prefix  = local.prefix

  feeds = {
    (local.dataset) = {
      crawler                = module.catalog.crawlers[local.dataset]
      database               = module.catalog.database
      duration_limit_minutes = 90
      job                    = module.job.job
      overdue                = { after_days = 7, schedule = module.workflow.schedule }
      quarantine_share_limit = 0.05
    }
  }
}

module "athena" {
  source = "../../modules/athena"

  account  = local.account
  database = module.catalog.database
  feeds    = { (local.dataset) = { count_column = "orders", entity = ["customer"] } }
  lake     = module.lake
  prefix   = local.prefix
}

module "quicksight" {
  source = "../../modules/quicksight"

  account        = local.account
  database       = module.catalog.database
  lake           = module.lake
  prefix         = local.prefix
  readers        = ["arn:aws:quicksight:eu-central-1:123456789012:group/default/analysts"]
  results_prefix = module.athena.results_prefix
  workgroup      = module.athena.workgroup

  data_sets = {
    orders_features = {
      columns = [{ name = "customer", type = "STRING" }, { name = "day", type = "DATETIME" }, { name = "orders", type = "INTEGER" }]
      sql     = "SELECT customer, day, orders FROM ${module.catalog.database}.orders_features"
    }
  }
}

output "starts" {
  description = "When the pipeline starts, in UTC."
  value       = module.workflow.starts
}
