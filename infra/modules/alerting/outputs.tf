output "alarms" {
  description = "Names of the alarms, by dataset and kind."
  value       = { for key, alarm in aws_cloudwatch_metric_alarm.this : key => alarm.alarm_name }
}

output "dashboard" {
  description = "Name of the CloudWatch dashboard that shows the history of the runs."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}

output "overdue_checks" {
  description = "Names of the state machines that check for overdue runs, by dataset."
  value       = { for dataset, check in aws_sfn_state_machine.overdue : dataset => check.name }
}

output "role_arns" {
  description = "ARNs of the roles of the check for overdue runs: check and start. Empty without such a check."
  value = local._checks == 0 ? {} : {
    check = aws_iam_role.overdue_check[0].arn
    start = aws_iam_role.overdue_start[0].arn
  }
}

output "rules" {
  description = "Names of the EventBridge rules: crawl-failed and job-ended for Glue's events, run-finished for the job's."
  value       = { for kind, rule in aws_cloudwatch_event_rule.glue : kind => rule.name }
}

output "topic_arn" {
  description = "ARN of the topic that all alerts go to."
  value       = local.topic_arn
  depends_on  = [aws_sns_topic.this, aws_sns_topic_policy.this]
}
