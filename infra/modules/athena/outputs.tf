output "arn" {
  description = "ARN of the workgroup."
  value       = aws_athena_workgroup.this.arn
}

output "queries" {
  description = "Ids of the named queries, by <dataset>/<question>."
  value       = { for key, query in aws_athena_named_query.this : key => query.id }
}

output "results_prefix" {
  description = "Where in the bucket query results are stored until a lifecycle rule removes them."
  value       = local.results_prefix
}

output "workgroup" {
  description = "Name of the workgroup."
  value       = aws_athena_workgroup.this.name
}
