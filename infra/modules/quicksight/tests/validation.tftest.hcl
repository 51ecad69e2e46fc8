# Every rule of variables.tf, broken once. The provider is a mock: no input gets as far as AWS.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  account        = { id = "123456789012", region = "eu-central-1" }
  data_sets      = {}
  database       = "quartal_test"
  lake           = { bucket = "my-lake", key_arn = "arn:aws:kms:eu-central-1:123456789012:key/0000" }
  prefix         = "quartal-test"
  readers        = []
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

run "rejects_unknown_import_mode" {
  command         = plan
  expect_failures = [var.data_sets]

  variables {
    data_sets = { features = { columns = [{ name = "day", type = "DATETIME" }], import_mode = "CACHE", sql = "SELECT day FROM t" } }
  }
}

run "rejects_column_type_that_quicksight_lacks" {
  command         = plan
  expect_failures = [var.data_sets]

  variables {
    data_sets = { features = { columns = [{ name = "day", type = "DATE" }], sql = "SELECT day FROM t" } }
  }
}

run "rejects_format_that_quicksight_cannot_read" {
  command         = plan
  expect_failures = [var.manifests]

  variables {
    manifests = { features = { prefix = "exports/", format = "PARQUET" } }
  }
}

run "rejects_manifest_of_one_file" {
  command         = plan
  expect_failures = [var.manifests]

  variables {
    manifests = { features = { prefix = "exports/features.csv" } }
  }
}

run "rejects_owner_that_is_an_iam_role" {
  command         = plan
  expect_failures = [var.owners]

  variables {
    owners = ["arn:aws:iam::123456789012:role/analyst"]
  }
}

run "rejects_reader_that_is_an_iam_role" {
  command         = plan
  expect_failures = [var.readers]

  variables {
    readers = ["arn:aws:iam::123456789012:role/analyst"]
  }
}

run "rejects_the_whole_bucket" {
  command         = plan
  expect_failures = [var.readable_prefixes]

  variables {
    readable_prefixes = [""]
  }
}

run "rejects_prefix_with_underscore" {
  command         = plan
  expect_failures = [var.prefix]

  variables {
    prefix = "quartal_test"
  }
}
