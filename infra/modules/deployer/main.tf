locals {
  _account = "${var.account.region}:${var.account.id}"
  _aws     = "arn:${var.account.partition}"
  _issuer  = "token.actions.githubusercontent.com"

  _dns_suffix = var.account.partition == "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com"

  # Not prefix-deployer: a deployment may change everything that begins with the prefix, and a role must not change itself.
  names = { for role in ["boundary", "deployer", "planner"] : role => "${role}-${var.prefix}" }

  bucket_arns  = [for name in [local._bucket, "${local._bucket}-log"] : "${local._aws}:s3:::${name}"]
  boundary_arn = "${local._aws}:iam::${var.account.id}:policy/${local.names.boundary}"
  database     = replace(var.prefix, "-", "_")
  _bucket      = coalesce(var.lake.bucket_name, "${var.prefix}-${var.account.id}-${var.account.region}")

  provider_arn = (
    var.github.oidc_provider != null ? var.github.oidc_provider.arn
    : "${local._aws}:iam::${var.account.id}:oidc-provider/${local._issuer}"
  )

  # What GitHub says of a run: https://docs.github.com/en/actions/reference/security/oidc
  subjects = {
    deployer = ["repo:${var.github.repository}:environment:${var.github.environment}"]
    planner  = ["repo:${var.github.repository}:pull_request", "repo:${var.github.repository}:ref:refs/heads/${var.github.branch}"]
  }
}

# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/iam_openid_connect_provider
resource "aws_iam_openid_connect_provider" "github" {
  count = var.github.oidc_provider == null ? 1 : 0

  url            = "https://${local._issuer}"
  client_id_list = ["sts.${local._dns_suffix}"]
  tags           = var.tags
}

data "aws_iam_policy_document" "trust" {
  for_each = local.subjects

  statement {
    sid     = "WorkflowsAssume"
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [local.provider_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "${local._issuer}:aud"
      values   = ["sts.${local._dns_suffix}"]
    }

    condition {
      test     = "StringEquals"
      variable = "${local._issuer}:sub"
      values   = each.value
    }
  }
}

# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/iam_role
resource "aws_iam_role" "this" {
  for_each = local.subjects

  name                  = local.names[each.key]
  description           = each.key == "planner" ? "Reviews plans of ${var.prefix}: reads what is deployed" : "Deploys ${var.prefix}"
  assume_role_policy    = data.aws_iam_policy_document.trust[each.key].json
  force_detach_policies = true
  tags                  = var.tags

  # AWS refuses a trust policy that names a provider that does not exist yet.
  depends_on = [aws_iam_openid_connect_provider.github]
}

# The next apply removes permissions that somebody gave the role by hand.
# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/iam_role_policies_exclusive
resource "aws_iam_role_policies_exclusive" "this" {
  for_each = aws_iam_role.this

  role_name = each.value.name
  policy_names = concat(
    [aws_iam_role_policy.read[each.key].name, aws_iam_role_policy.state[each.key].name],
    [for role, policy in aws_iam_role_policy.read_network : policy.name if role == each.key],
  )
}

resource "aws_iam_role_policy_attachments_exclusive" "this" {
  for_each = aws_iam_role.this

  role_name   = each.value.name
  policy_arns = each.key == "deployer" ? [for attachment in aws_iam_role_policy_attachment.change : attachment.policy_arn] : []
}
