# Every rule of variables.tf, broken once. The provider is a mock: no input gets as far as AWS.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  bucket = "quartal-state-123456789012-eu-central-1"
  region = "eu-central-1"
}

run "rejects_bucket_name_in_capitals" {
  command         = plan
  expect_failures = [var.bucket]

  variables {
    bucket = "Quartal-State"
  }
}

run "rejects_bucket_name_that_s3_reserves" {
  command         = plan
  expect_failures = [var.bucket]

  variables {
    bucket = "quartal-state--x-s3"
  }
}

run "rejects_region_that_is_none" {
  command         = plan
  expect_failures = [var.region]

  variables {
    region = "Frankfurt"
  }
}
