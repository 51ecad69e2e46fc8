# Every rule of variables.tf, broken once. The provider is a mock: no input gets as far as AWS.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  account = { id = "123456789012", region = "eu-central-1" }
  prefix  = "quartal-test"
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

run "rejects_prefix_that_is_too_long" {
  command         = plan
  expect_failures = [var.prefix]

  variables {
    prefix = "quartal-of-a-very-long-name"
  }
}

run "rejects_key_that_is_gone_at_once" {
  command         = plan
  expect_failures = [var.key]

  variables {
    key = { deletion_window_days = 1 }
  }
}

run "rejects_unknown_storage_class" {
  command         = plan
  expect_failures = [var.lifecycle_rules]

  variables {
    lifecycle_rules = { raw = { prefix = "raw/", transitions = { COLD = 30 } } }
  }
}

run "rejects_transition_after_expiration" {
  command         = plan
  expect_failures = [var.lifecycle_rules]

  variables {
    lifecycle_rules = { tmp = { prefix = "tmp/", expiration_days = 30, transitions = { GLACIER_IR = 60 } } }
  }
}

run "rejects_access_log_that_is_kept_for_no_day" {
  command         = plan
  expect_failures = [var.access_log]

  variables {
    access_log = { retention_days = 0 }
  }
}

run "rejects_expiration_of_raw_files" {
  command         = plan
  expect_failures = [var.lifecycle_rules]

  variables {
    lifecycle_rules = { raw = { prefix = "raw/", expiration_days = 3650 } }
  }
}

run "rejects_expiration_of_one_feeds_raw_files" {
  command         = plan
  expect_failures = [var.lifecycle_rules]

  variables {
    lifecycle_rules = { old = { prefix = "raw/orders/", expiration_days = 3650 } }
  }
}

run "rejects_expiration_of_the_whole_bucket" {
  command         = plan
  expect_failures = [var.lifecycle_rules]

  variables {
    lifecycle_rules = { everything = { prefix = "", expiration_days = 3650 } }
  }
}

run "rejects_expiration_of_live_table_files" {
  command         = plan
  expect_failures = [var.lifecycle_rules]

  variables {
    lifecycle_rules = { old = { prefix = "curated/", expiration_days = 3650 } }
  }
}

run "rejects_expiration_of_live_feature_files" {
  command         = plan
  expect_failures = [var.lifecycle_rules]

  variables {
    lifecycle_rules = { old = { prefix = "features/", expiration_days = 3650 } }
  }
}

run "rejects_expiration_of_manifests" {
  command         = plan
  expect_failures = [var.lifecycle_rules]

  variables {
    lifecycle_rules = { old = { prefix = "runs/", expiration_days = 3650 } }
  }
}

run "rejects_live_table_files_in_a_class_that_cannot_be_read_at_once" {
  command         = plan
  expect_failures = [var.lifecycle_rules]

  variables {
    lifecycle_rules = { old = { prefix = "curated/vehicle_sightings/", transitions = { DEEP_ARCHIVE = 400 } } }
  }
}

run "rejects_raw_files_in_a_class_that_cannot_be_read_at_once" {
  command         = plan
  expect_failures = [var.lifecycle_rules]

  variables {
    lifecycle_rules = { raw = { prefix = "raw/", transitions = { GLACIER = 400 } } }
  }
}

run "rejects_the_whole_bucket_in_a_class_that_cannot_be_read_at_once" {
  command         = plan
  expect_failures = [var.lifecycle_rules]

  variables {
    lifecycle_rules = { everything = { prefix = "", transitions = { DEEP_ARCHIVE = 400 } } }
  }
}

run "rejects_boundary_that_is_no_policy" {
  command         = plan
  expect_failures = [var.permissions_boundary]

  variables {
    permissions_boundary = "boundary"
  }
}

run "rejects_statement_of_the_lakes_own_name" {
  command         = plan
  expect_failures = [var.policy_statements]

  variables {
    policy_statements = { DenyWithoutTls = { actions = ["s3:GetObject"], principals = { AWS = ["arn:aws:iam::210987654321:root"] } } }
  }
}

run "rejects_statement_of_another_effect" {
  command         = plan
  expect_failures = [var.policy_statements]

  variables {
    policy_statements = { Partner = { actions = ["s3:GetObject"], effect = "Permit", principals = { AWS = ["arn:aws:iam::210987654321:root"] } } }
  }
}

run "rejects_statement_that_allows_everybody" {
  command         = plan
  expect_failures = [var.policy_statements]

  variables {
    policy_statements = { Everybody = { actions = ["s3:GetObject"], paths = ["raw/*"], principals = { AWS = ["*"] } } }
  }
}

run "rejects_copies_in_a_bucket_that_is_no_arn" {
  command         = plan
  expect_failures = [var.replication]

  variables {
    replication = { bucket_arn = "the-copy", key_arn = "arn:aws:kms:eu-west-1:123456789012:key/copy" }
  }
}

run "rejects_prefixes_that_copy_an_object_twice" {
  command         = plan
  expect_failures = [var.replication]

  variables {
    replication = { bucket_arn = "arn:aws:s3:::the-copy", key_arn = "arn:aws:kms:eu-west-1:123456789012:key/copy", prefixes = ["raw/", "raw/orders/"] }
  }
}

run "rejects_copies_that_cannot_be_read_at_once" {
  command         = plan
  expect_failures = [var.replication]

  variables {
    replication = { bucket_arn = "arn:aws:s3:::the-copy", key_arn = "arn:aws:kms:eu-west-1:123456789012:key/copy", storage_class = "DEEP_ARCHIVE" }
  }
}

run "rejects_partition_whose_names_differ" {
  command         = plan
  expect_failures = [var.account]

  variables {
    account = { id = "123456789012", partition = "aws-iso", region = "us-iso-east-1" }
  }
}

run "rejects_key_of_its_own_by_its_alias" {
  command         = plan
  expect_failures = [var.key]

  variables {
    key = { own = { arn = "arn:aws:kms:eu-central-1:123456789012:alias/lake" } }
  }
}

run "rejects_copies_with_a_key_by_its_alias" {
  command         = plan
  expect_failures = [var.replication]

  variables {
    replication = { bucket_arn = "arn:aws:s3:::the-copy", key_arn = "arn:aws:kms:eu-west-1:123456789012:alias/copy" }
  }
}

run "rejects_expiration_of_the_jobs_code" {
  command         = plan
  expect_failures = [var.lifecycle_rules]

  variables {
    lifecycle_rules = { old = { prefix = "code/", expiration_days = 3650 } }
  }
}

run "rejects_expiration_of_the_records_of_uploads" {
  command         = plan
  expect_failures = [var.lifecycle_rules]

  variables {
    lifecycle_rules = { old = { prefix = "deliveries/orders/", expiration_days = 3650 } }
  }
}

run "rejects_code_in_a_class_that_cannot_be_read_at_once" {
  command         = plan
  expect_failures = [var.lifecycle_rules]

  variables {
    lifecycle_rules = { old = { prefix = "code/", transitions = { GLACIER = 400 } } }
  }
}

run "rejects_rare_access_before_it_is_allowed" {
  command         = plan
  expect_failures = [var.lifecycle_rules]

  variables {
    lifecycle_rules = { raw = { prefix = "raw/", transitions = { STANDARD_IA = 29 } } }
  }
}

run "rejects_classes_in_an_order_that_s3_does_not_go" {
  command         = plan
  expect_failures = [var.lifecycle_rules]

  variables {
    lifecycle_rules = { raw = { prefix = "raw/", transitions = { GLACIER_IR = 60, STANDARD_IA = 120 } } }
  }
}

run "rejects_half_a_day" {
  command         = plan
  expect_failures = [var.lifecycle_rules]

  variables {
    lifecycle_rules = { tmp = { prefix = "tmp/", expiration_days = 0.5 } }
  }
}

run "rejects_uploads_that_are_aborted_at_once" {
  command         = plan
  expect_failures = [var.lifecycle_rules]

  variables {
    lifecycle_rules = { tmp = { prefix = "tmp/", abort_multipart_days = 0 } }
  }
}

run "rejects_statement_about_nobody" {
  command         = plan
  expect_failures = [var.policy_statements]

  variables {
    policy_statements = { Partner = { actions = ["s3:GetObject"], principals = {} } }
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
  expect_failures = [var.key]

  variables {
    key = { own = { arn = "arn:aws:kms:us-east-1:123456789012:key/0000" } }
  }
}

run "rejects_stay_in_standard_ia_that_s3_finds_too_short" {
  command         = plan
  expect_failures = [var.lifecycle_rules]

  variables {
    lifecycle_rules = { raw = { prefix = "raw/", transitions = { GLACIER_IR = 89, STANDARD_IA = 60 } } }
  }
}

run "rejects_statement_about_another_service" {
  command         = plan
  expect_failures = [var.policy_statements]

  variables {
    policy_statements = { Decrypt = { actions = ["kms:Decrypt"], principals = { AWS = ["123456789012"] } } }
  }
}

run "rejects_statement_about_paths_that_no_object_has" {
  command         = plan
  expect_failures = [var.policy_statements]

  variables {
    policy_statements = { Read = { actions = ["s3:GetObject"], paths = ["/features/*"], principals = { AWS = ["123456789012"] } } }
  }
}

run "rejects_statement_about_a_wildcard_of_roles" {
  command         = plan
  expect_failures = [var.policy_statements]

  variables {
    policy_statements = { Read = { actions = ["s3:GetObject"], paths = ["features/*"], principals = { AWS = ["arn:aws:iam::123456789012:role/*"] } } }
  }
}

run "rejects_boundary_of_another_account" {
  command         = plan
  expect_failures = [var.permissions_boundary]

  variables {
    permissions_boundary = "arn:aws:iam::210987654321:policy/boundary-orders-prod"
  }
}

run "rejects_copy_in_another_partition" {
  command         = plan
  expect_failures = [var.replication]

  variables {
    replication = { bucket_arn = "arn:aws-cn:s3:::the-copy", key_arn = "arn:aws-cn:kms:cn-north-1:123456789012:key/copy" }
  }
}
