output "policy" {
  description = "Policy, in JSON, with what the role of a crawler or a job needs in a private network."
  value       = data.aws_iam_policy_document.this.json
}
