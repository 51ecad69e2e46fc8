output "schedule" {
  description = "Cron expression of the start, in UTC."
  value       = local.cron
}

output "starts" {
  description = "The four starts of a year as people say them, in UTC and local time. Empty for a cron expression of one's own."
  value       = local.starts
}

output "triggers" {
  description = "Names of the triggers: start and crawl_succeeded."
  value = {
    crawl_succeeded = aws_glue_trigger.crawl_succeeded.name
    start           = aws_glue_trigger.start.name
  }
}

output "workflow" {
  description = "Name of the workflow."
  value       = aws_glue_workflow.this.name
}
