output "connections" {
  description = "Names of the connections into the private network, in the order of their zones; empty without one."
  value       = [for zone in keys(local.connections) : aws_glue_connection.this[zone].name]
}

output "crawlers" {
  description = "Names of the crawlers, by dataset."
  value       = { for dataset, crawler in aws_glue_crawler.this : dataset => crawler.name }
}

output "database" {
  description = "Name of the catalog database."
  value       = aws_glue_catalog_database.this.name
}

output "log_groups" {
  description = "Log groups of the crawlers, by dataset."
  value       = { for dataset, group in aws_cloudwatch_log_group.crawler : dataset => group.name }
}

output "quarantine_tables" {
  description = "Names of the tables of quarantined rows, by dataset."
  value       = { for dataset, table in aws_glue_catalog_table.quarantine : dataset => table.name }
}

output "raw_prefixes" {
  description = "Where in the bucket deliveries go, by dataset; each into a folder delivery=<quarter> below it."
  value       = local.raw_prefixes
}

output "role_arns" {
  description = "ARNs of the crawlers' roles, by dataset."
  value       = { for dataset, role in aws_iam_role.crawler : dataset => role.arn }
}
