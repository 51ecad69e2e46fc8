# Run once per environment with -var-file=environments/<environment>.tfvars, against the artifacts that are really deployed.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.this
  values = { account_id = "123456789012" }
}

run "plans_the_whole_pipeline_and_guards_what_production_cannot_lose" {
  command = plan

  assert {
    condition     = endswith(var.prefix, "-${var.environment}")
    error_message = "The prefix does not name the environment, so two environments in an account could collide."
  }

  assert {
    condition     = output.lake_bucket == "${var.prefix}-123456789012-${var.region}" && output.dataset == "vehicle_sightings"
    error_message = "The environment deploys something else than the pipeline of the vehicle sightings."
  }

  assert {
    condition     = can(regex("^cron\\(([^ ]+ ){5}[^ ]+\\)$", output.schedule))
    error_message = "The workflow has no schedule."
  }

  assert {
    condition     = var.environment != "prod" ? true : !coalesce(var.lake.force_destroy, false) && length(var.lake.lifecycle_rules) > 0
    error_message = "A destroy of production would take its data with it, or its data never ages."
  }

  assert {
    condition     = var.environment != "prod" ? true : length(coalesce(var.alerting.emails, [])) > 0 && var.alerting.budget_usd != null && alltrue([for feed in var.contracts : feed.duration_limit_minutes != null])
    error_message = "Nobody is told of production, or nobody of runs that take too long or months that cost too much."
  }

  assert {
    condition     = var.environment != "prod" ? true : var.log_retention_days >= 365
    error_message = "Production's logs are kept for less than a year."
  }

  assert {
    condition = var.environment == "localstack" || !anytrue([
      var.provider_settings.s3_use_path_style,
      var.provider_settings.skip_credentials_validation,
      var.provider_settings.skip_metadata_api_check,
      var.provider_settings.skip_region_validation,
    ])
    error_message = "The provider does not check what it should on AWS."
  }
}
