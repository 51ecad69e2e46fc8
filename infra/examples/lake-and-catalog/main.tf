# Only a lake and its catalog, for a team with its own jobs. If something should follow a crawl, start the crawlers with a
# trigger of a workflow, not with a schedule of their own.

module "lake" {
  source = "../../modules/data-lake"

  account = local.account
  prefix  = "sales"

  lifecycle_rules = {
    everything = { prefix = "", noncurrent_expiration_days = 30 }
    raw        = { prefix = "raw/", transitions = { STANDARD_IA = 90 } }
  }
}

module "catalog" {
  source = "../../modules/glue-catalog"

  account            = local.account
  lake               = module.lake
  log_retention_days = 400
  prefix             = "sales"

  contracts = {
    orders  = { columns = ["order_id", "customer", "ordered_at"] }
    returns = { columns = ["return_id", "order_id", "reason"], csv = { delimiter = ";" } }
  }
}

output "crawlers" {
  description = "Names of the crawlers, by dataset."
  value       = module.catalog.crawlers
}
