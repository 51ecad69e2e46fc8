# raw CSV in S3 ── crawler ──▶ catalog ── trigger ──▶ Glue job ──▶ curated and feature tables ──▶ Athena, QuickSight
# One lake and one database; a crawler, a job and a workflow for each feed.

module "data_lake" {
  source = "./modules/data-lake"

  access_log      = var.lake.access_log
  account         = local.account
  bucket          = { name = var.lake.bucket_name, force_destroy = var.lake.force_destroy }
  key             = { deletion_window_days = var.lake.key_deletion_window_days }
  lifecycle_rules = var.lake.lifecycle_rules
  prefix          = var.prefix
  tags            = local.tags
}

module "private_network" {
  source = "./modules/private-network"
  count  = try(var.private_network.cidr_block, null) == null ? 0 : 1

  account              = local.account
  cidr_block           = var.private_network.cidr_block
  key_arn              = module.data_lake.key_arn
  log_retention_days   = var.log_retention_days
  permissions_boundary = var.permissions_boundary
  prefix               = var.prefix
  services             = var.private_network.services
  subnets              = var.private_network.subnets
  tags                 = local.tags
}

module "glue_catalog" {
  source = "./modules/glue-catalog"

  account              = local.account
  account_catalog      = var.encrypt_account_catalog ? { key_arn = module.data_lake.key_arn } : null
  contracts            = local.contracts
  crawl                = var.crawl
  lake                 = local.lake
  log_retention_days   = var.log_retention_days
  network              = local.network
  permissions_boundary = var.permissions_boundary
  prefix               = var.prefix
  tags                 = local.tags
}

module "glue_job" {
  source   = "./modules/glue-job"
  for_each = var.contracts

  account              = local.account
  artifacts            = local.artifacts[each.key]
  connections          = module.glue_catalog.connections
  database             = module.glue_catalog.database
  dataset              = each.key
  findings             = { environment = var.environment, quarantine_share_limit = each.value.quarantine_share_limit }
  job                  = local.jobs[each.key]
  lake                 = local.lake
  log_retention_days   = var.log_retention_days
  permissions_boundary = var.permissions_boundary
  prefix               = var.prefix
  python_modules       = local.python_modules
  tags                 = local.tags
  workflow             = local.workflows[each.key]
}

module "glue_workflow" {
  source   = "./modules/glue-workflow"
  for_each = var.contracts

  crawler  = module.glue_catalog.crawlers[each.key]
  dataset  = each.key
  job      = module.glue_job[each.key].job
  prefix   = var.prefix
  schedule = local.schedules[each.key]
  tags     = local.tags
}

module "alerting" {
  source = "./modules/alerting"
  count  = var.alerting == null ? 0 : 1

  account              = local.account
  budget               = var.alerting.budget_usd == null ? null : { monthly_usd = var.alerting.budget_usd, tag = { key = "pipeline", value = var.prefix } }
  emails               = var.alerting.emails
  explain_command      = "quartal explain --env ${var.environment}"
  feeds                = local.watched
  job_states           = var.alerting.job_states
  key_arn              = module.data_lake.key_arn
  permissions_boundary = var.permissions_boundary
  prefix               = var.prefix
  tags                 = local.tags
}

module "athena" {
  source = "./modules/athena"
  count  = var.athena == null ? 0 : 1

  account        = local.account
  database       = module.glue_catalog.database
  feeds          = local.features
  lake           = local.lake
  prefix         = var.prefix
  queries        = var.athena.queries
  scan_limit_gib = var.athena.scan_limit_gib
  tags           = local.tags
}

module "quicksight" {
  source = "./modules/quicksight"
  count  = var.quicksight == null ? 0 : 1

  account           = local.account
  data_sets         = local.data_sets
  database          = module.glue_catalog.database
  lake              = local.lake
  manifests         = { for dataset in keys(local.features) : dataset => { prefix = "exports/${dataset}/features/" } }
  owners            = var.quicksight.owners
  prefix            = var.prefix
  readable_prefixes = local.shown_folders
  readers           = var.quicksight.readers
  results_prefix    = module.athena[0].results_prefix
  service_role      = var.quicksight.service_role
  tags              = local.tags
  workgroup         = module.athena[0].workgroup
}

module "access" {
  source = "./modules/access"
  count  = var.readers == null ? 0 : 1

  account              = local.account
  database             = module.glue_catalog.database
  datasets             = keys(var.contracts)
  lake                 = local.lake
  permissions_boundary = var.permissions_boundary
  prefix               = var.prefix
  readers              = var.readers
  results_prefix       = module.athena[0].results_prefix
  tags                 = local.tags
  workgroup            = module.athena[0].workgroup
}

locals {
  dataset = var.dataset != null ? var.dataset : keys(var.contracts)[0]

  lake = {
    bucket                 = module.data_lake.bucket
    key_arn                = module.data_lake.key_arn
    security_configuration = module.data_lake.security_configuration
  }
  # Zone by zone, so that the plan knows the zones, although it does not know the subnets of a new network yet.
  network = var.private_network == null ? null : {
    security_group_ids = coalesce(var.private_network.security_group_ids, flatten(module.private_network[*].network.security_group_ids))
    subnets = {
      for zone, subnet in var.private_network.subnets :
      zone => length(module.private_network) == 0 ? subnet : module.private_network[0].network.subnets[zone]
    }
  }

  # What a feed's own job and schedule leave out is the pipeline's. A cron expression or an ml_run of its own replaces both of the
  # pipeline's; with a cron expression, there is neither a lead time nor a time besides.
  jobs = {
    for dataset, feed in var.contracts : dataset => feed.job == null ? var.job : {
      for name, value in feed.job : name => value == null ? var.job[name] : value
    }
  }
  schedules = {
    for dataset, feed in var.contracts : dataset => feed.schedule == null ? var.schedule : {
      cron           = feed.schedule.cron != null || feed.schedule.ml_run != null ? feed.schedule.cron : var.schedule.cron
      enabled        = feed.schedule.enabled != null ? feed.schedule.enabled : var.schedule.enabled
      lead_time_days = feed.schedule.lead_time_days != null || feed.schedule.cron != null ? feed.schedule.lead_time_days : var.schedule.lead_time_days
      ml_run         = feed.schedule.cron != null || feed.schedule.ml_run != null ? feed.schedule.ml_run : var.schedule.ml_run
      start_time_utc = feed.schedule.start_time_utc != null || feed.schedule.cron != null ? feed.schedule.start_time_utc : var.schedule.start_time_utc
      time_zone      = feed.schedule.time_zone != null ? feed.schedule.time_zone : var.schedule.time_zone
    }
  }

  # The workflow's name is built here, because the job may read its runs, and the workflow starts the job.
  workflows = { for dataset in keys(var.contracts) : dataset => "${var.prefix}-${replace(dataset, "_", "-")}" }

  # IAM takes keys that differ only in case for one, and refuses roles with both: a key such as Environment replaces environment.
  _tags = { environment = var.environment, managed-by = "terraform", pipeline = var.prefix, project = "quartal" }
  tags  = merge({ for key, value in local._tags : key => value if !contains([for own in keys(var.tags) : lower(own)], key) }, var.tags)
}
