# Every rule of variables.tf, broken once. The provider is a mock: no input gets as far as AWS.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  artifacts_folder   = "tests/artifacts"
  contracts          = { toll_bookings = {} }
  environment        = "test"
  job                = { number_of_workers = 4 }
  log_retention_days = 30
  prefix             = "quartal-test"
  region             = "eu-central-1"
  schedule           = { ml_run = { first_month = 1, day = 15 }, lead_time_days = 7 }
}

run "rejects_artifacts_that_are_not_built" {
  command         = plan
  expect_failures = [var.artifacts_folder]

  variables {
    artifacts_folder = "not-built"
  }
}

run "rejects_contract_without_columns" {
  command         = plan
  expect_failures = [var.contracts]

  variables {
    contracts = { broken = {} }
  }
}

run "rejects_contract_that_is_missing" {
  command         = plan
  expect_failures = [var.contracts]

  variables {
    contracts = { missing = {} }
  }
}

run "rejects_prefix_with_underscore" {
  command         = plan
  expect_failures = [var.prefix]

  variables {
    prefix = "quartal_test"
  }
}

run "rejects_region_that_is_none" {
  command         = plan
  expect_failures = [var.region]

  variables {
    region = "Frankfurt"
  }
}

run "rejects_environment_with_a_space" {
  command         = plan
  expect_failures = [var.environment]

  variables {
    environment = "my laptop"
  }
}

run "rejects_pipeline_without_feed" {
  command         = plan
  expect_failures = [var.contracts]

  variables {
    contracts = {}
  }
}

run "rejects_contract_of_another_dataset" {
  command         = plan
  expect_failures = [var.contracts]

  variables {
    contracts = { sightings = { file = "plain.yaml" } }
  }
}

run "rejects_dataset_that_is_no_feed" {
  command         = plan
  expect_failures = [var.dataset]

  variables {
    contracts = { plain = {}, toll_bookings = {} }
    dataset   = "tolls"
  }
}

run "rejects_quicksight_without_a_workgroup" {
  command         = plan
  expect_failures = [var.quicksight]

  variables {
    athena     = null
    quicksight = { readers = [] }
  }
}

run "rejects_readers_without_a_workgroup" {
  command         = plan
  expect_failures = [var.readers]

  variables {
    athena  = null
    readers = { trusted_principals = ["arn:aws:iam::123456789012:role/analysts"] }
  }
}

run "rejects_boundary_that_is_no_policy" {
  command         = plan
  expect_failures = [var.permissions_boundary]

  variables {
    permissions_boundary = "boundary-orders-prod"
  }
}

run "rejects_private_network_that_is_both_made_and_there" {
  command         = plan
  expect_failures = [var.private_network]

  variables {
    private_network = { cidr_block = "10.20.0.0/24", security_group_ids = ["sg-0123"], subnets = { eu-central-1a = "subnet-a" } }
  }
}

run "rejects_private_network_by_other_names_than_ids" {
  command         = plan
  expect_failures = [var.private_network]

  variables {
    private_network = { security_group_ids = ["glue"], subnets = { eu-central-1a = "subnet-a" } }
  }
}

run "rejects_private_network_without_the_jobs_packages" {
  command         = plan
  expect_failures = [var.private_network]

  variables {
    artifacts_folder = "tests/artifacts/without-wheels"
    private_network  = { security_group_ids = ["sg-0123"], subnets = { eu-central-1a = "subnet-a" } }
  }
}

run "rejects_another_tag_for_the_pipeline" {
  command         = plan
  expect_failures = [var.tags]

  variables {
    tags = { pipeline = "orders" }
  }
}

run "rejects_another_tag_for_the_pipeline_in_capitals" {
  command         = plan
  expect_failures = [var.tags]

  variables {
    tags = { Pipeline = "orders" }
  }
}
