# Every rule of variables.tf, broken once. The provider is a mock: no input gets as far as AWS.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  account            = { id = "123456789012", region = "eu-central-1" }
  contracts          = { vehicle_sightings = { columns = ["sighting_id", "brand", "date", "time"] } }
  lake               = { bucket = "my-lake", key_arn = "arn:aws:kms:eu-central-1:123456789012:key/0000", security_configuration = "quartal-test-lake" }
  log_retention_days = 30
  prefix             = "quartal-test"
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
  expect_failures = [var.contracts]

  variables {
    contracts = { vehicle-sightings = { columns = ["brand"] } }
  }
}

run "rejects_dataset_that_continues_another" {
  command         = plan
  expect_failures = [var.contracts]

  variables {
    contracts = { tolls = { columns = ["plate"] }, tolls_2024 = { columns = ["plate"] } }
  }
}

run "rejects_contract_without_columns" {
  command         = plan
  expect_failures = [var.contracts]

  variables {
    contracts = { vehicle_sightings = { columns = [] } }
  }
}

run "rejects_columns_that_the_catalog_cannot_tell_apart" {
  command         = plan
  expect_failures = [var.contracts]

  variables {
    contracts = { vehicle_sightings = { columns = ["brand", "Brand"] } }
  }
}

run "rejects_delimiter_of_two_characters" {
  command         = plan
  expect_failures = [var.contracts]

  variables {
    contracts = { vehicle_sightings = { columns = ["brand"], csv = { delimiter = "||" } } }
  }
}

run "rejects_unknown_format" {
  command         = plan
  expect_failures = [var.contracts]

  variables {
    contracts = { vehicle_sightings = { columns = ["brand"], format = "json" } }
  }
}

run "rejects_quote_symbol_that_is_the_delimiter" {
  command         = plan
  expect_failures = [var.contracts]

  variables {
    contracts = { vehicle_sightings = { columns = ["brand"], csv = { delimiter = "'", quote_symbol = "'" } } }
  }
}

run "rejects_unknown_recrawl_behavior" {
  command         = plan
  expect_failures = [var.crawl]

  variables {
    crawl = { recrawl_behavior = "CRAWL_SOMETIMES" }
  }
}

run "rejects_unknown_delete_behavior" {
  command         = plan
  expect_failures = [var.crawl]

  variables {
    crawl = { delete_behavior = "FORGET" }
  }
}

run "rejects_unknown_update_behavior" {
  command         = plan
  expect_failures = [var.crawl]

  variables {
    crawl = { update_behavior = "FORGET" }
  }
}

# G22
run "rejects_new_folders_only_with_changes_to_the_table" {
  command         = plan
  expect_failures = [var.crawl]

  variables {
    crawl = { recrawl_behavior = "CRAWL_NEW_FOLDERS_ONLY" }
  }
}

run "rejects_retention_that_cloudwatch_does_not_know" {
  command         = plan
  expect_failures = [var.log_retention_days]

  variables {
    log_retention_days = 31
  }
}

run "rejects_prefix_with_underscore" {
  command         = plan
  expect_failures = [var.prefix]

  variables {
    prefix = "quartal_test"
  }
}

run "rejects_boundary_that_is_no_policy" {
  command         = plan
  expect_failures = [var.permissions_boundary]

  variables {
    permissions_boundary = "boundary-orders-prod"
  }
}

run "rejects_network_without_a_subnet" {
  command         = plan
  expect_failures = [var.network]

  variables {
    network = { security_group_ids = ["sg-0123"], subnets = {} }
  }
}

run "rejects_network_in_another_region" {
  command         = plan
  expect_failures = [var.network]

  variables {
    network = { security_group_ids = ["sg-0123"], subnets = { us-east-1a = "subnet-0123" } }
  }
}

run "rejects_policy_that_is_no_arn" {
  command         = plan
  expect_failures = [var.policy_arns]

  variables {
    policy_arns = { all = "AdministratorAccess" }
  }
}

run "rejects_targets_of_a_dataset_that_is_not_there" {
  command         = plan
  expect_failures = [var.targets]

  variables {
    targets = { tolls = { jdbc = [{ connection = "orders-db", path = "shop/public/%" }] } }
  }
}

run "rejects_tables_of_the_catalog_beside_a_database" {
  command         = plan
  expect_failures = [var.targets]

  variables {
    targets = { vehicle_sightings = { catalog = { database = "other", tables = ["a"] }, jdbc = [{ connection = "orders-db", path = "shop/public/%" }] } }
  }
}

run "rejects_a_catalog_target_without_tables" {
  command         = plan
  expect_failures = [var.targets]

  variables {
    targets = { vehicle_sightings = { catalog = { database = "other", tables = [] } } }
  }
}

run "rejects_key_by_its_alias" {
  command         = plan
  expect_failures = [var.lake]

  variables {
    lake = { bucket = "my-lake", key_arn = "arn:aws:kms:eu-central-1:123456789012:alias/lake", security_configuration = "s" }
  }
}

run "rejects_bucket_by_its_arn" {
  command         = plan
  expect_failures = [var.lake]

  variables {
    lake = { bucket = "arn:aws:s3:::my-lake", key_arn = "arn:aws:kms:eu-central-1:123456789012:key/0000", security_configuration = "s" }
  }
}

run "rejects_key_of_the_account_by_its_alias" {
  command         = plan
  expect_failures = [var.account_catalog]

  variables {
    account_catalog = { key_arn = "arn:aws:kms:eu-central-1:123456789012:alias/lake" }
  }
}

run "rejects_targets_that_name_none" {
  command         = plan
  expect_failures = [var.targets]

  variables {
    targets = { vehicle_sightings = {} }
  }
}

run "rejects_every_table_as_a_target" {
  command         = plan
  expect_failures = [var.targets]

  variables {
    targets = { vehicle_sightings = { catalog = { database = "sales", tables = ["*"] } } }
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
    lake = { bucket = "my-lake", key_arn = "arn:aws:kms:us-east-1:123456789012:key/0000", security_configuration = "quartal-test-lake" }
  }
}

run "rejects_key_of_the_catalog_of_another_region" {
  command         = plan
  expect_failures = [var.account_catalog]

  variables {
    account_catalog = { key_arn = "arn:aws:kms:us-east-1:123456789012:key/0000" }
  }
}

run "rejects_new_folders_of_a_database" {
  command         = plan
  expect_failures = [var.targets]

  variables {
    crawl   = { delete_behavior = "LOG", recrawl_behavior = "CRAWL_NEW_FOLDERS_ONLY", update_behavior = "LOG" }
    targets = { vehicle_sightings = { jdbc = [{ connection = "orders-db", path = "orders/%" }] } }
  }
}

run "rejects_every_security_configuration" {
  command         = plan
  expect_failures = [var.lake]

  variables {
    lake = { bucket = "my-lake", key_arn = "arn:aws:kms:eu-central-1:123456789012:key/0000", security_configuration = "*" }
  }
}

run "rejects_boundary_of_another_account" {
  command         = plan
  expect_failures = [var.permissions_boundary]

  variables {
    permissions_boundary = "arn:aws:iam::210987654321:policy/boundary-orders-prod"
  }
}

run "rejects_policy_of_another_partition" {
  command         = plan
  expect_failures = [var.policy_arns]

  variables {
    policy_arns = { secret = "arn:aws-cn:iam::aws:policy/SecretsManagerReadWrite" }
  }
}
