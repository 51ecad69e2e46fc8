# What the module plans. The provider is the real one with dummy keys, so that policy documents are really computed;
# nothing is applied and nothing is asked of AWS.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  account = { id = "123456789012", region = "eu-central-1" }
  github  = { repository = "example/orders", environment = "dev" }
  prefix  = "quartal-test"
  state   = { bucket = "my-states", key = "quartal/test/terraform.tfstate" }
}

run "plans_what_the_variables_above_say" {
  command = plan

  # lets only the repositorys workflows take the roles
  assert {
    condition = {
      for role, made in aws_iam_role.this : role => toset(flatten(values(jsondecode(made.assume_role_policy).Statement[0].Condition.StringEquals)))
      } == {
      deployer = toset(["sts.amazonaws.com", "repo:example/orders:environment:dev"])
      planner  = toset(["sts.amazonaws.com", "repo:example/orders:ref:refs/heads/main", "repo:example/orders:pull_request"])
    }
    error_message = "Other workflows may take a role."
  }

  assert {
    condition     = alltrue([for made in aws_iam_role.this : !startswith(made.name, "quartal-test-")])
    error_message = "A deployment may change the role that it runs with."
  }

  # changes only what is named after the prefix
  assert {
    condition = alltrue([
      for statement in concat(jsondecode(aws_iam_policy.change["change"].policy).Statement, jsondecode(aws_iam_policy.change["roles"].policy).Statement) :
      alltrue([for arn in flatten([statement.Resource]) : can(regex("quartal[-_]test", arn)) || arn == "arn:aws:glue:eu-central-1:123456789012:catalog"])
      if !contains(["ChangeWhatHasNoName", "MakeTagged"], statement.Sid)
    ])
    error_message = "A deployment changes what is not the pipeline's."
  }

  assert {
    condition     = length(regexall("lake_|raw/|features/|curated/", join("", [for policy in aws_iam_policy.change : policy.policy]))) == 0
    error_message = "A deployment reads or writes data."
  }

  # makes no role without the boundary
  assert {
    condition = [
      for statement in jsondecode(aws_iam_policy.change["roles"].policy).Statement : statement.Condition
      if contains(flatten([statement.Action]), "iam:CreateRole") || contains(flatten([statement.Action]), "iam:PutRolePolicy")
    ] == [{ StringEquals = { "iam:PermissionsBoundary" = "arn:aws:iam::123456789012:policy/boundary-quartal-test" } }]
    error_message = "A deployment could make a role that may do anything."
  }

  assert {
    condition     = !can(regex("iam:(DeleteRolePermissionsBoundary|AttachRolePolicy|CreatePolicyVersion|CreateUser)", join("", [for policy in aws_iam_policy.change : policy.policy])))
    error_message = "A deployment could take the boundary off, or around it."
  }

  # planner changes nothing but the lock
  assert {
    condition = flatten([
      for policy in [aws_iam_role_policy.read["planner"], aws_iam_role_policy.state["planner"]] : [
        for statement in jsondecode(policy.policy).Statement : statement.Resource
        if length(regexall(":(Put|Create|Delete|Update|Modify|Tag|Untag|Set|Attach|Pass)", jsonencode(statement.Action))) > 0
      ]
    ]) == ["arn:aws:s3:::my-states/quartal/test/terraform.tfstate.tflock"]
    error_message = "Whoever opens a pull request may change something."
  }

  assert {
    condition     = toset([for attachment in aws_iam_role_policy_attachment.change : attachment.role]) == toset(["deployer-quartal-test"])
    error_message = "The planner may change something."
  }

  # empties a bucket only when told to
  assert {
    condition     = !strcontains(aws_iam_policy.change["buckets"].policy, "EmptyBucket")
    error_message = "A deployment may delete data."
  }

  # leaves networks alone unless the pipeline has one
  assert {
    condition     = length(aws_iam_role_policy.read_network) == 0 && keys(aws_iam_policy.change) == ["buckets", "change", "roles"] && !strcontains(aws_iam_policy.boundary.policy, "ec2:")
    error_message = "A deployment may touch networks, though the pipeline has none."
  }
}

run "empties_a_bucket_when_told_to" {
  command = plan

  variables {
    lake = { may_be_emptied = true }
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_policy.change["buckets"].policy).Statement : statement.Resource if statement.Sid == "EmptyBucket"
    ] == [["arn:aws:s3:::quartal-test-123456789012-eu-central-1/*", "arn:aws:s3:::quartal-test-123456789012-eu-central-1-log/*"]]
    error_message = "A destroy cannot empty the bucket, or can empty others."
  }
}

run "uses_the_accounts_provider_where_there_is_one" {
  command = plan

  variables {
    github = {
      environment   = "dev"
      oidc_provider = { arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
      repository    = "example/orders"
    }
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0 && output.oidc_provider_arn == var.github.oidc_provider.arn
    error_message = "A second provider for GitHub is refused by AWS."
  }
}

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: 10,240 for all inline policies of a role, 6,144
# for a managed one, white space not counted
run "stays_within_the_quotas_of_iam" {
  command = plan

  variables {
    encrypt_account_catalog = true
    lake                    = { bucket_name = "a-lake-with-a-name-of-forty-nine-characters-or-so", may_be_emptied = true }
    prefix                  = "quartal-prefix-of-24-let"
    quicksight              = {}
  }

  assert {
    condition     = sum([for policy in [aws_iam_role_policy.read["deployer"], aws_iam_role_policy.state["deployer"]] : length(jsonencode(jsondecode(policy.policy)))]) <= 10240
    error_message = "IAM would refuse the policies inside the role."
  }

  assert {
    condition     = alltrue([for policy in concat(values(aws_iam_policy.change), [aws_iam_policy.boundary]) : length(jsonencode(jsondecode(policy.policy))) <= 6144])
    error_message = "IAM would refuse the managed policies."
  }
}

run "changes_only_networks_that_bear_the_pipelines_tag" {
  command = plan

  variables {
    private_network = true
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_policy.change["network"].policy).Statement :
      contains(["TagWhatIsMade", "CloseSecurityGroups"], statement.Sid) || jsonencode(values(statement.Condition)) == jsonencode([{ (statement.Sid == "MakeTaggedParts" ? "aws:RequestTag/pipeline" : "aws:ResourceTag/pipeline") = "quartal-test" }])
      if can(regex("ec2:", jsonencode(statement.Action)))
    ])
    error_message = "A deployment may change networks of others: ${aws_iam_policy.change["network"].policy}"
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_policy.change["network"].policy).Statement : statement.Action if statement.Sid == "CloseSecurityGroups"] == [
      ["ec2:RevokeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress"]
    ]
    error_message = "A deployment may do more to security groups without a tag than close them."
  }
}

run "fits_into_iams_quotas_with_names_of_the_greatest_length" {
  command = plan

  variables {
    account                 = { id = "123456789012", partition = "aws-us-gov", region = "us-gov-west-1" }
    encrypt_account_catalog = true
    github                  = { repository = "an-organisation-with-a-name-of-39-letter/a-repository", environment = "production" }
    lake                    = { bucket_name = "a-lake-with-a-name-of-fifty-nine-letters-and-room-for-logs", may_be_emptied = true }
    prefix                  = "quartal-of-a-longer-name"
    private_network         = true
    quicksight              = { service_role = "a-role-of-sixty-four-letters-with-which-quicksight-asks-athena00" }
    state                   = { bucket = "a-bucket-with-a-name-of-sixty-three-letters-for-terraform-state", key = "quartal/production/terraform.tfstate" }
  }

  # a managed policy, without spaces
  assert {
    condition     = max([for policy in concat([aws_iam_policy.boundary.policy], values(aws_iam_policy.change)[*].policy) : length(jsonencode(jsondecode(policy)))]...) <= 6144
    error_message = "IAM refuses a policy: ${jsonencode({ for name, policy in aws_iam_policy.change : name => length(jsonencode(jsondecode(policy.policy))) })}"
  }

  # all inline policies of a role together
  assert {
    condition = alltrue([for role in ["deployer", "planner"] : sum([
      for policies in [aws_iam_role_policy.read, aws_iam_role_policy.read_network, aws_iam_role_policy.state] : length(jsonencode(jsondecode(policies[role].policy)))
    ]) <= 10240])
    error_message = "IAM refuses the inline policies of a role."
  }
}
