output "role_arns" {
  description = "ARNs of the roles: reader."
  value       = { reader = aws_iam_role.reader.arn }
  depends_on = [
    aws_iam_role_policy.answers,
    aws_iam_role_policy.catalog,
    aws_iam_role_policy.key,
    aws_iam_role_policy.tables,
  ]
}
