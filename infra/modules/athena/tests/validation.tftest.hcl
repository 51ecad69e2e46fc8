# Every rule of variables.tf, broken once. The provider is a mock: no input gets as far as AWS.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  account  = { id = "123456789012", region = "eu-central-1" }
  database = "quartal_test"
  lake     = { bucket = "my-lake", key_arn = "arn:aws:kms:eu-central-1:123456789012:key/0000" }
  prefix   = "quartal-test"
}

run "rejects_account_that_is_no_number" {
  command         = plan
  expect_failures = [var.account]

  variables {
    account = { id = "my-account", region = "eu-central-1" }
  }
}

run "rejects_dataset_with_hyphen" {
  command         = plan
  expect_failures = [var.feeds]

  variables {
    feeds = { toll-bookings = { count_column = "bookings", entity = ["plate"] } }
  }
}

run "rejects_column_that_sql_would_not_take" {
  command         = plan
  expect_failures = [var.feeds]

  variables {
    feeds = { toll_bookings = { count_column = "bookings; drop", entity = ["plate"] } }
  }
}

run "rejects_query_without_sql" {
  command         = plan
  expect_failures = [var.queries]

  variables {
    queries = { nothing = { description = "asks nothing", sql = " " } }
  }
}

run "rejects_limit_below_what_athena_takes" {
  command         = plan
  expect_failures = [var.scan_limit_gib]

  variables {
    scan_limit_gib = 0
  }
}

run "rejects_prefix_with_underscore" {
  command         = plan
  expect_failures = [var.prefix]

  variables {
    prefix = "quartal_test"
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

run "rejects_key_of_another_region" {
  command         = plan
  expect_failures = [var.lake]

  variables {
    lake = { bucket = "my-lake", key_arn = "arn:aws:kms:us-east-1:123456789012:key/0000" }
  }
}

run "rejects_query_with_a_name_that_is_too_long" {
  command         = plan
  expect_failures = [var.queries]

  variables {
    queries = { (join("", [for n in range(129) : "a"])) = { description = "Too long", sql = "SELECT 1" } }
  }
}
