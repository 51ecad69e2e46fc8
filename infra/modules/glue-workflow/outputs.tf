output "schedule" {
  description = "Cron expression of the start, in UTC; null if no schedule starts it."
  value       = local.cron
}

output "starts" {
  description = "The four starts of a year in words, in UTC. Empty for a cron expression of your own."
  value       = local.starts
}

output "time_zone" {
  description = "Name of the time zone whose local time is shown next to UTC; null for UTC only."
  value       = try(var.schedule.time_zone.name, null)
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

output "workflow_arn" {
  description = "ARN of the workflow, for the EventBridge rule that starts it by events."
  value       = aws_glue_workflow.this.arn
}
