output "policy" {
  description = "What Glue does in a private network with the role of a crawler or a job, as a policy in JSON."
  value       = data.aws_iam_policy_document.this.json
}
