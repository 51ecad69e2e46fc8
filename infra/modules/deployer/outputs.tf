output "boundary_arn" {
  description = "ARN of the policy that limits what the pipeline's own roles may do: the variable permissions_boundary of the root module."
  value       = local.boundary_arn
  depends_on  = [aws_iam_policy.boundary]
}

output "oidc_provider_arn" {
  description = "ARN of the account's OpenID Connect provider for GitHub, created here or given."
  value       = local.provider_arn
  depends_on  = [aws_iam_openid_connect_provider.github]
}

output "role_arns" {
  description = "ARNs of the roles: deployer and planner."
  value       = { for role, made in aws_iam_role.this : role => made.arn }
  depends_on  = [aws_iam_role_policy.read, aws_iam_role_policy.state, aws_iam_role_policy_attachment.change]
}
