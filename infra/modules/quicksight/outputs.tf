output "data_set_arns" {
  description = "ARNs of the data sets, by name."
  value       = { for name, data_set in aws_quicksight_data_set.this : name => data_set.arn }
}

output "data_source_arn" {
  description = "ARN of the data source that queries Athena."
  value       = aws_quicksight_data_source.athena.arn
}

output "manifest_uris" {
  description = "Where the manifests for plain files are, by name."
  value       = { for name, object in aws_s3_object.manifest : name => "s3://${object.bucket}/${object.key}" }
}
