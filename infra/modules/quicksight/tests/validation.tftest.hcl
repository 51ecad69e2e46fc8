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

run "rejects_data_sets_with_one_id" {
  command         = plan
  expect_failures = [var.data_sets]

  variables {
    data_sets = { for name in ["daily-orders", "daily_orders"] : name => { columns = [{ name = "day", type = "DATETIME" }], sql = "SELECT day FROM orders_features" } }
  }
}

run "rejects_manifests_with_one_id" {
  command         = plan
  expect_failures = [var.manifests]

  variables {
    manifests = { daily-orders = { prefix = "exports/orders/" }, daily_orders = { prefix = "exports/orders/" } }
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

run "rejects_answers_anywhere_in_the_bucket" {
  command         = plan
  expect_failures = [var.results_prefix]

  variables {
    results_prefix = ""
  }
}

run "rejects_service_role_by_its_path" {
  command         = plan
  expect_failures = [var.service_role]

  variables {
    service_role = "service-role/aws-quicksight-service-role-v0"
  }
}

run "rejects_the_whole_bucket_by_a_wildcard" {
  command         = plan
  expect_failures = [var.readable_prefixes]

  variables {
    readable_prefixes = ["*/"]
  }
}

run "rejects_plain_files_of_any_folder" {
  command         = plan
  expect_failures = [var.manifests]

  variables {
    manifests = { all = { prefix = "*/" } }
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
