# One pipeline as the root module wires it. The provider is the real one with dummy keys; nothing is asked of AWS.

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

run "plans_what_the_variables_above_say" {
  command = plan

  # tells the tooling what is deployed
  assert {
    condition = (
      output.crawler == "quartal-test-toll-bookings"
      && output.database == "quartal_test"
      && output.dataset == "toll_bookings"
      && output.job == "quartal-test-toll-bookings"
      && output.lake_bucket == "quartal-test-123456789012-eu-central-1"
      && output.raw_prefix == "raw/toll_bookings/"
      && output.region == "eu-central-1"
      && output.schedule == "cron(0 2 8 1,4,7,10 ? *)"
      && output.workflow == "quartal-test-toll-bookings"
    )
    error_message = "An output that the tooling reads has another name or value."
  }

  assert {
    condition = output.log_groups == {
      crawler    = "/aws-glue/crawlers-role/quartal-test-toll-bookings-crawler-quartal-test-lake"
      job_error  = "/aws-glue/jobs/quartal-test-lake-role/quartal-test-toll-bookings-job/error"
      job_output = "/aws-glue/jobs/quartal-test-lake-role/quartal-test-toll-bookings-job/output"
    }
    error_message = "The log groups are not the ones that Glue writes to."
  }

  assert {
    condition     = output.triggers == { crawl_succeeded = "quartal-test-toll-bookings-crawl-succeeded", start = "quartal-test-toll-bookings-start" }
    error_message = "The triggers have other names."
  }

  # reads the contract
  assert {
    condition = jsonencode(local.contracts) == jsonencode({
      toll_bookings = {
        columns = ["booking_id", "plate", "amount"]
        csv     = { delimiter = ";", header = true, quote_symbol = "'" }
        format  = "csv"
      }
    })
    error_message = "The contract was read otherwise: ${jsonencode(local.contracts)}"
  }

  # one requirement per entry, because Glue separates them by commas
  assert {
    condition     = jsonencode(local.python_modules) == jsonencode(["pyiceberg[glue]==0.12.0", "pyiceberg[pyarrow]==0.12.0", "pyyaml==6.0.3"])
    error_message = "The requirements were read otherwise: ${jsonencode(local.python_modules)}"
  }

  # names columns of a contract in quotes
  assert {
    condition     = local.data_sets["toll_bookings_features"].sql == "SELECT \"plate\", \"day\", \"quarter\", \"bookings\" FROM quartal_test.toll_bookings_features"
    error_message = "A column that is called order or end would break the query of its data set."
  }

  # stays on glues own network
  assert {
    condition     = length(module.private_network) == 0 && module.glue_catalog.connections == [] && local.artifacts["toll_bookings"].wheels == null
    error_message = "A network that costs is made though nobody asked for one."
  }
}

run "takes_the_usual_csv_dialect_and_runs_in_a_network_that_is_there" {
  command = plan

  variables {
    contracts       = { plain = {} }
    private_network = { security_group_ids = ["sg-0123"], subnets = { eu-central-1a = "subnet-a" } }
  }

  assert {
    condition     = output.dataset == "plain" && output.raw_prefix == "raw/plain/"
    error_message = "The contract's dataset does not name the raw folder."
  }

  assert {
    condition     = length(module.private_network) == 0 && module.glue_catalog.connections == ["quartal-test-eu-central-1a"]
    error_message = "A network is made beside the one that is there."
  }
}

run "means_the_first_of_several_feeds_by_name_and_makes_a_private_network" {
  command = plan

  variables {
    contracts       = { toll_bookings = {}, plain = {} }
    private_network = { cidr_block = "10.20.0.0/24", subnets = { eu-central-1a = "10.20.0.0/25", eu-central-1b = "10.20.0.128/25" } }
  }

  assert {
    condition     = output.dataset == "plain" && output.raw_prefix == "raw/plain/"
    error_message = "The outputs speak of another feed than the first by name."
  }

  assert {
    condition     = length(module.private_network) == 1 && module.glue_catalog.connections == ["quartal-test-eu-central-1a", "quartal-test-eu-central-1b"]
    error_message = "There is no network, or there are no connections into it."
  }
}

run "keeps_pipelines_of_an_account_apart_by_names_and_tags" {
  command = plan

  variables {
    prefix = "other-team"
    tags   = { cost-centre = "ml", Environment = "Test" }
  }

  assert {
    condition = alltrue([for name in [
      output.crawler, output.job, output.workflow, output.lake_bucket, output.triggers.start, output.triggers.crawl_succeeded,
    ] : startswith(name, "other-team-")]) && output.database == "other_team"
    error_message = "A name does not begin with the prefix, so two pipelines would collide."
  }

  assert {
    condition     = local.tags == { cost-centre = "ml", Environment = "Test", managed-by = "terraform", pipeline = "other-team", project = "quartal" }
    error_message = "The tags are others."
  }
}

run "takes_from_the_pipeline_what_a_feed_leaves_out_of_its_job_and_schedule" {
  command = plan

  variables {
    job      = { arguments = { "--conf" = "spark.x=1" }, max_retries = 0, number_of_workers = 4, timeout_minutes = 240 }
    schedule = { enabled = false, lead_time_days = 7, ml_run = { first_month = 1, day = 15 }, start_time_utc = "03:00" }
    contracts = {
      plain         = { job = { number_of_workers = 2 }, schedule = { cron = "cron(0 5 1 * ? *)" } }
      toll_bookings = { job = { max_retries = 2 }, schedule = { lead_time_days = 3 } }
    }
  }

  assert {
    condition = jsonencode({ for dataset, job in local.jobs : dataset => [job.arguments, job.max_retries, job.number_of_workers, job.timeout_minutes] }) == jsonencode({
      plain         = [{ "--conf" = "spark.x=1" }, 0, 2, 240]
      toll_bookings = [{ "--conf" = "spark.x=1" }, 2, 4, 240]
    })
    error_message = "A feed's job is not the pipeline's with what differs: ${jsonencode(local.jobs)}"
  }

  assert {
    condition = output.feeds["plain"].schedule == "cron(0 5 1 * ? *)" && output.feeds["toll_bookings"].schedule == "cron(0 3 12 1,4,7,10 ? *)" && alltrue([
      for schedule in values(local.schedules) : !schedule.enabled
    ])
    error_message = "A feed's schedule is not the pipeline's with what differs: ${jsonencode(local.schedules)}"
  }
}
