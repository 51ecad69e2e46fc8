# Every rule of variables.tf, broken once. The provider is a mock: no input gets as far as AWS.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  account            = { id = "123456789012", region = "eu-central-1" }
  cidr_block         = "10.20.0.0/24"
  key_arn            = "arn:aws:kms:eu-central-1:123456789012:key/0000"
  log_retention_days = 30
  prefix             = "quartal-test"
  subnets            = { eu-central-1a = "10.20.0.0/25", eu-central-1b = "10.20.0.128/25" }
}

run "rejects_account_that_is_no_number" {
  command         = plan
  expect_failures = [var.account]

  variables {
    account = { id = "my-account", region = "eu-central-1" }
  }
}

run "rejects_block_larger_than_a_vpc" {
  command         = plan
  expect_failures = [var.cidr_block]

  variables {
    cidr_block = "10.0.0.0/8"
  }
}

run "rejects_key_by_its_alias" {
  command         = plan
  expect_failures = [var.key_arn]

  variables {
    key_arn = "alias/quartal-test-lake"
  }
}

run "rejects_retention_that_cloudwatch_does_not_know" {
  command         = plan
  expect_failures = [var.log_retention_days]

  variables {
    log_retention_days = 31
  }
}

run "rejects_boundary_that_is_no_policy" {
  command         = plan
  expect_failures = [var.permissions_boundary]

  variables {
    permissions_boundary = "boundary-orders-prod"
  }
}

run "rejects_prefix_with_underscore" {
  command         = plan
  expect_failures = [var.prefix]

  variables {
    prefix = "quartal_test"
  }
}

run "rejects_services_without_the_jobs_own" {
  command         = plan
  expect_failures = [var.services]

  variables {
    services = ["glue", "logs"]
  }
}

run "rejects_service_by_the_whole_name_of_its_endpoint" {
  command         = plan
  expect_failures = [var.services]

  variables {
    services = ["com.amazonaws.eu-central-1.kinesis-streams", "events", "glue", "logs", "monitoring"]
  }
}

run "rejects_one_zone" {
  command         = plan
  expect_failures = [var.subnets]

  variables {
    subnets = { eu-central-1a = "10.20.0.0/25" }
  }
}

run "rejects_zone_of_another_region" {
  command         = plan
  expect_failures = [var.subnets]

  variables {
    subnets = { eu-central-1a = "10.20.0.0/25", us-east-1a = "10.20.0.128/25" }
  }
}

run "rejects_subnets_of_the_same_addresses" {
  command         = plan
  expect_failures = [var.subnets]

  variables {
    subnets = { eu-central-1a = "10.20.0.0/25", eu-central-1b = "10.20.0.0/25" }
  }
}

run "rejects_key_by_the_arn_of_its_alias" {
  command         = plan
  expect_failures = [var.key_arn]

  variables {
    key_arn = "arn:aws:kms:eu-central-1:123456789012:alias/lake"
  }
}

run "rejects_subnets_that_are_no_blocks" {
  command         = plan
  expect_failures = [var.subnets]

  variables {
    subnets = { eu-central-1a = "10.20.0.0", eu-central-1b = "10.20.0.128/25" }
  }
}

run "rejects_subnets_outside_the_network" {
  command         = plan
  expect_failures = [var.subnets]

  variables {
    subnets = { eu-central-1a = "10.20.0.0/25", eu-central-1b = "10.20.1.0/25" }
  }
}

run "rejects_subnets_that_overlap" {
  command         = plan
  expect_failures = [var.subnets]

  variables {
    subnets = { eu-central-1a = "10.20.0.0/25", eu-central-1b = "10.20.0.64/26" }
  }
}

run "rejects_subnets_that_are_too_small" {
  command         = plan
  expect_failures = [var.subnets]

  variables {
    subnets = { eu-central-1a = "10.20.0.0/25", eu-central-1b = "10.20.0.128/29" }
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

run "rejects_key_of_another_region" {
  command         = plan
  expect_failures = [var.key_arn]

  variables {
    key_arn = "arn:aws:kms:us-east-1:123456789012:key/0000"
  }
}

run "rejects_boundary_of_another_account" {
  command         = plan
  expect_failures = [var.permissions_boundary]

  variables {
    permissions_boundary = "arn:aws:iam::210987654321:policy/boundary-orders-prod"
  }
}
