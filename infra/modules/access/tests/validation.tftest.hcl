# Every rule of variables.tf, broken once. The provider is a mock: no input gets as far as AWS.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  account        = { id = "123456789012", region = "eu-central-1" }
  database       = "quartal_test"
  datasets       = ["toll_bookings"]
  lake           = { bucket = "my-lake", key_arn = "arn:aws:kms:eu-central-1:123456789012:key/0000" }
  prefix         = "quartal-test"
  readers        = { trusted_principals = ["arn:aws:iam::123456789012:role/analysts"] }
  results_prefix = "athena-results/quartal-test/"
  workgroup      = "quartal-test"
}

run "rejects_account_that_is_no_number" {
  command         = plan
  expect_failures = [var.account]

  variables {
    account = { id = "my-account", region = "eu-central-1" }
  }
}

run "rejects_prefix_with_underscore" {
  command         = plan
  expect_failures = [var.prefix]

  variables {
    prefix = "quartal_test"
  }
}

run "rejects_no_dataset" {
  command         = plan
  expect_failures = [var.datasets]

  variables {
    datasets = []
  }
}

run "rejects_dataset_with_hyphen" {
  command         = plan
  expect_failures = [var.datasets]

  variables {
    datasets = ["toll-bookings"]
  }
}

run "rejects_everybody_as_reader" {
  command         = plan
  expect_failures = [var.readers]

  variables {
    readers = { trusted_principals = ["*"] }
  }
}

run "rejects_wildcard_in_a_reader" {
  command         = plan
  expect_failures = [var.readers]

  variables {
    readers = { trusted_principals = ["arn:aws:iam::123456789012:role/*"] }
  }
}

run "rejects_nobody_as_reader" {
  command         = plan
  expect_failures = [var.readers]

  variables {
    readers = { trusted_principals = [] }
  }
}

run "rejects_results_outside_a_folder" {
  command         = plan
  expect_failures = [var.results_prefix]

  variables {
    results_prefix = "answers"
  }
}

run "rejects_boundary_that_is_no_policy" {
  command         = plan
  expect_failures = [var.permissions_boundary]

  variables {
    permissions_boundary = "boundary-orders-prod"
  }
}

run "rejects_key_by_its_alias" {
  command         = plan
  expect_failures = [var.lake]

  variables {
    lake = { bucket = "my-lake", key_arn = "arn:aws:kms:eu-central-1:123456789012:alias/lake" }
  }
}

run "rejects_bucket_by_its_arn" {
  command         = plan
  expect_failures = [var.lake]

  variables {
    lake = { bucket = "arn:aws:s3:::my-lake", key_arn = "arn:aws:kms:eu-central-1:123456789012:key/0000" }
  }
}

run "rejects_every_database" {
  command         = plan
  expect_failures = [var.database]

  variables {
    database = "*"
  }
}

run "rejects_every_workgroup" {
  command         = plan
  expect_failures = [var.workgroup]

  variables {
    workgroup = "*"
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
  expect_failures = [var.lake]

  variables {
    lake = { bucket = "my-lake", key_arn = "arn:aws:kms:us-east-1:123456789012:key/0000" }
  }
}

run "rejects_boundary_of_another_account" {
  command         = plan
  expect_failures = [var.permissions_boundary]

  variables {
    permissions_boundary = "arn:aws:iam::210987654321:policy/boundary-orders-prod"
  }
}

run "rejects_reader_of_another_partition" {
  command         = plan
  expect_failures = [var.readers]

  variables {
    readers = { trusted_principals = ["arn:aws-us-gov:iam::123456789012:role/analysts"] }
  }
}
