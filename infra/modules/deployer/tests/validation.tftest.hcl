# Every rule of variables.tf, broken once. The provider is a mock: no input gets as far as AWS.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  account = { id = "123456789012", region = "eu-central-1" }
  github  = { repository = "example/orders", environment = "dev" }
  prefix  = "quartal-test"
  state   = { bucket = "my-states", key = "quartal/test/terraform.tfstate" }
}

run "rejects_account_that_is_no_number" {
  command         = plan
  expect_failures = [var.account]

  variables {
    account = { id = "my-account", region = "eu-central-1" }
  }
}

run "rejects_every_repository_of_an_owner" {
  command         = plan
  expect_failures = [var.github]

  variables {
    github = { repository = "example/*", environment = "dev" }
  }
}

run "rejects_every_environment" {
  command         = plan
  expect_failures = [var.github]

  variables {
    github = { repository = "example/orders", environment = "*" }
  }
}

run "rejects_provider_of_somebody_else" {
  command         = plan
  expect_failures = [var.github]

  variables {
    github = { repository = "example/orders", environment = "dev", oidc_provider = { arn = "arn:aws:iam::123456789012:oidc-provider/example.com" } }
  }
}

run "rejects_prefix_with_underscore" {
  command         = plan
  expect_failures = [var.prefix]

  variables {
    prefix = "quartal_test"
  }
}

run "rejects_prefix_of_the_roles_that_deploy" {
  command         = plan
  expect_failures = [var.prefix]

  variables {
    prefix = "deployer-quartal"
  }
}

run "rejects_every_state_of_a_bucket" {
  command         = plan
  expect_failures = [var.state]

  variables {
    state = { bucket = "my-states", key = "*" }
  }
}

run "rejects_every_bucket" {
  command         = plan
  expect_failures = [var.lake]

  variables {
    lake = { bucket_name = "orders-*" }
  }
}

run "rejects_every_service_role" {
  command         = plan
  expect_failures = [var.quicksight]

  variables {
    quicksight = { service_role = "*" }
  }
}

run "rejects_region_of_another_partition" {
  command         = plan
  expect_failures = [var.account]

  variables {
    account = { id = "123456789012", region = "cn-north-1" }
  }
}

run "rejects_tag_that_aws_refuses" {
  command         = plan
  expect_failures = [var.tags]

  variables {
    tags = { cost-centre = "R&D" }
  }
}

run "rejects_tags_that_iam_takes_for_one" {
  command         = plan
  expect_failures = [var.tags]

  variables {
    tags = { Team = "ml", team = "ml" }
  }
}

run "rejects_oidc_provider_of_another_account" {
  command         = plan
  expect_failures = [var.github]

  variables {
    github = { repository = "example/orders", environment = "dev", oidc_provider = { arn = "arn:aws:iam::210987654321:oidc-provider/token.actions.githubusercontent.com" } }
  }
}
