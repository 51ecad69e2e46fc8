# Every rule of variables.tf, broken once. The provider is a mock: no input gets as far as AWS.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  account = { id = "123456789012", region = "eu-central-1" }
  artifacts = {
    contract = "tests/artifacts/vehicle_sightings.yaml"
    package  = "tests/artifacts/etl_job.zip"
    script   = "tests/artifacts/main.py"
  }
  database           = "quartal_test"
  dataset            = "vehicle_sightings"
  job                = { number_of_workers = 4 }
  lake               = { bucket = "my-lake", key_arn = "arn:aws:kms:eu-central-1:123456789012:key/0000", security_configuration = "quartal-test-lake" }
  log_retention_days = 30
  prefix             = "quartal-test"
  workflow           = "quartal-test-vehicle-sightings"
}

run "rejects_account_that_is_no_number" {
  command         = plan
  expect_failures = [var.account]

  variables {
    account = { id = "my-account", region = "eu-central-1" }
  }
}

run "rejects_artifact_that_is_missing" {
  command         = plan
  expect_failures = [var.artifacts]

  variables {
    artifacts = {
      contract = "tests/artifacts/vehicle_sightings.yaml"
      package  = "tests/artifacts/missing.zip"
      script   = "tests/artifacts/main.py"
    }
  }
}

run "rejects_package_that_is_no_zip" {
  command         = plan
  expect_failures = [var.artifacts]

  variables {
    artifacts = {
      contract = "tests/artifacts/vehicle_sightings.yaml"
      package  = "tests/artifacts/main.py"
      script   = "tests/artifacts/main.py"
    }
  }
}

run "rejects_wheels_that_glue_does_not_know_by_their_name" {
  command         = plan
  expect_failures = [var.artifacts]

  variables {
    artifacts = {
      contract = "tests/artifacts/vehicle_sightings.yaml"
      package  = "tests/artifacts/etl_job.zip"
      script   = "tests/artifacts/main.py"
      wheels   = "tests/artifacts/etl_job.zip"
    }
  }
}

run "rejects_dataset_with_hyphen" {
  command         = plan
  expect_failures = [var.dataset]

  variables {
    dataset = "vehicle-sightings"
  }
}

run "rejects_argument_without_hyphens" {
  command         = plan
  expect_failures = [var.job]

  variables {
    job = { number_of_workers = 4, arguments = { conf = "spark.sql.shuffle.partitions=8" } }
  }
}

run "rejects_unknown_worker_type" {
  command         = plan
  expect_failures = [var.job]

  variables {
    job = { number_of_workers = 4, worker_type = "G.3X" }
  }
}

run "rejects_glue_without_python_3_11" {
  command         = plan
  expect_failures = [var.job]

  variables {
    job = { number_of_workers = 4, glue_version = "4.0" }
  }
}

run "rejects_glue_version_that_is_no_number" {
  command         = plan
  expect_failures = [var.job]

  variables {
    job = { number_of_workers = 4, glue_version = "latest" }
  }
}

run "rejects_driver_without_executor" {
  command         = plan
  expect_failures = [var.job]

  variables {
    job = { number_of_workers = 1 }
  }
}

run "rejects_run_without_end" {
  command         = plan
  expect_failures = [var.job]

  variables {
    job = { number_of_workers = 4, timeout_minutes = 0 }
  }
}

run "rejects_more_than_ten_retries" {
  command         = plan
  expect_failures = [var.job]

  variables {
    job = { number_of_workers = 4, max_retries = 11 }
  }
}

run "rejects_job_that_may_not_run" {
  command         = plan
  expect_failures = [var.job]

  variables {
    job = { number_of_workers = 4, max_concurrent_runs = 0 }
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

run "rejects_requirement_that_glue_would_cut_in_two" {
  command         = plan
  expect_failures = [var.python_modules]

  variables {
    python_modules = ["pyiceberg[glue,pyarrow]==0.12.0"]
  }
}

run "rejects_boundary_that_is_no_policy" {
  command         = plan
  expect_failures = [var.permissions_boundary]

  variables {
    permissions_boundary = "boundary-orders-prod"
  }
}

run "rejects_policy_that_is_no_arn" {
  command         = plan
  expect_failures = [var.policy_arns]

  variables {
    policy_arns = { all = "AdministratorAccess" }
  }
}

run "rejects_limit_that_is_no_share" {
  command         = plan
  expect_failures = [var.findings]

  variables {
    findings = { quarantine_share_limit = 5 }
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

run "rejects_every_database" {
  command         = plan
  expect_failures = [var.database]

  variables {
    database = "*"
  }
}

run "rejects_every_workflow" {
  command         = plan
  expect_failures = [var.workflow]

  variables {
    workflow = "*"
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
