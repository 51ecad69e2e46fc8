output "job" {
  description = "Name of the job."
  value       = aws_glue_job.this.name
}

output "log_groups" {
  description = "Log groups of the job: output and error."
  value       = { for stream, group in aws_cloudwatch_log_group.job : stream => group.name }
}

output "role_arn" {
  description = "ARN of the job's role."
  value       = aws_iam_role.job.arn
}
