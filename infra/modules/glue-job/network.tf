module "network_access" {
  source = "../network-access"

  account     = var.account
  connections = var.connections
}

resource "aws_iam_role_policy" "network" {
  count = length(var.connections) == 0 ? 0 : 1

  name   = "network"
  role   = aws_iam_role.job.name
  policy = module.network_access.policy
}
