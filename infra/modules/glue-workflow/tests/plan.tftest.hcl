# What the module plans. The provider is the real one with dummy keys, so that policy documents are really computed;
# nothing is applied and nothing is asked of AWS.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  crawler  = "quartal-test-vehicle-sightings"
  dataset  = "vehicle_sightings"
  job      = "quartal-test-vehicle-sightings"
  prefix   = "quartal-test"
  schedule = { ml_run = { first_month = 1, day = 15 }, lead_time_days = 7 }
}

run "plans_what_the_variables_above_say" {
  command = plan

  # starts the crawler and then the job
  # G1, G2, G5: one starting trigger, and the job's trigger watches a crawl that this starting trigger began
  assert {
    condition     = aws_glue_trigger.start.type == "SCHEDULED" && aws_glue_trigger.start.actions[0].crawler_name == var.crawler && aws_glue_trigger.start.actions[0].job_name == null
    error_message = "The schedule does not start the crawler, or starts more."
  }

  assert {
    condition = (
      aws_glue_trigger.crawl_succeeded.type == "CONDITIONAL"
      && aws_glue_trigger.crawl_succeeded.actions[0].job_name == var.job
      && aws_glue_trigger.crawl_succeeded.predicate[0].conditions[*].crawler_name == tolist([var.crawler])
      && aws_glue_trigger.crawl_succeeded.predicate[0].conditions[*].crawl_state == tolist(["SUCCEEDED"])
    )
    error_message = "The job does not follow the crawl that succeeded."
  }

  assert {
    condition     = aws_glue_trigger.start.workflow_name == output.workflow && aws_glue_trigger.crawl_succeeded.workflow_name == output.workflow
    error_message = "A trigger lies outside the workflow."
  }

  # G3
  assert {
    condition     = alltrue([for trigger in [aws_glue_trigger.start, aws_glue_trigger.crawl_succeeded] : trigger.enabled && trigger.start_on_creation])
    error_message = "A trigger is not active, so it would never fire."
  }

  # G8
  assert {
    condition     = aws_glue_workflow.this.max_concurrent_runs == 1 && aws_glue_workflow.this.default_run_properties == tomap({ dataset = "vehicle_sightings" })
    error_message = "Runs could overlap, or do not know their dataset."
  }

  # starts lead time days before the ml run
  assert {
    condition     = output.schedule == "cron(0 2 8 1,4,7,10 ? *)" && aws_glue_trigger.start.schedule == output.schedule
    error_message = "7 days before the 15th is not the 8th: ${output.schedule}"
  }
}

run "starts_on_the_day_itself_without_lead_time" {
  command = plan

  variables {
    schedule = { ml_run = { first_month = 2, day = 28 }, start_time_utc = "23:05" }
  }

  assert {
    condition     = output.schedule == "cron(5 23 28 2,5,8,11 ? *)"
    error_message = "Without lead time the start is not the ML run's day: ${output.schedule}"
  }
}

# June and September have 30 days, December and March 31: seven days before July 1st, eight before January 1st.
run "crosses_into_months_of_different_length_early_enough" {
  command = plan

  variables {
    schedule = { ml_run = { first_month = 1, day = 1 }, lead_time_days = 7 }
  }

  assert {
    condition     = output.schedule == "cron(0 2 24 3,6,9,12 ? *)"
    error_message = "7 days before the 1st after months of 30 and 31 days is not the 24th: ${output.schedule}"
  }
}

run "crosses_february_without_losing_lead_time" {
  command = plan

  variables {
    schedule = { ml_run = { first_month = 3, day = 1 }, lead_time_days = 1 }
  }

  assert {
    condition     = output.schedule == "cron(0 2 28 2,5,8,11 ? *)"
    error_message = "The day before March 1st is not February 28th: ${output.schedule}"
  }
}

run "reaches_back_almost_a_quarter" {
  command = plan

  variables {
    schedule = { ml_run = { first_month = 2, day = 1 }, lead_time_days = 89 }
  }

  # May 1st - 89 days is February 1st; the other three quarters are longer, so their lead time is 92 days.
  assert {
    condition     = output.schedule == "cron(0 2 1 2,5,8,11 ? *)"
    error_message = "89 days before the 1st is not the 1st three months before: ${output.schedule}"
  }
}

run "takes_a_cron_expression_as_it_is" {
  command = plan

  variables {
    run_properties = { owner = "ml" }
    schedule       = { cron = "cron(15/30 0-6 ? JAN,APR,JUL,OCT MON-FRI *)", enabled = false }
  }

  assert {
    condition     = output.schedule == "cron(15/30 0-6 ? JAN,APR,JUL,OCT MON-FRI *)"
    error_message = "The expression was changed: ${output.schedule}"
  }

  # A trigger that is off must not be started at its creation.
  assert {
    condition     = !aws_glue_trigger.start.enabled && !aws_glue_trigger.start.start_on_creation && aws_glue_trigger.crawl_succeeded.enabled
    error_message = "The schedule is not off, or the chain behind it is."
  }
}

run "accepts_every_wildcard" {
  command = plan

  variables {
    schedule = { cron = "cron(0,30 0/6 L * ? 2026-2030)" }
  }

  assert {
    condition     = output.schedule == "cron(0,30 0/6 L * ? 2026-2030)"
    error_message = "The expression was changed."
  }
}

run "says_the_starts_and_whose_clocks_are_shown_beside" {
  command = plan

  variables {
    schedule = {
      lead_time_days = 7
      ml_run         = { first_month = 1, day = 15 }
      time_zone      = { name = "Europe/Berlin" }
    }
  }

  assert {
    condition     = output.time_zone == "Europe/Berlin"
    error_message = "The time zone is not named."
  }

  assert {
    condition = join("; ", output.starts) == join("; ", [
      "January 8 at 02:00 UTC",
      "April 8 at 02:00 UTC",
      "July 8 at 02:00 UTC",
      "October 8 at 02:00 UTC",
    ])
    error_message = "The starts are said otherwise: ${join("; ", output.starts)}"
  }
}

run "starts_when_it_is_asked_to" {
  command = plan

  variables {
    schedule = null
    start    = { type = "ON_DEMAND" }
  }

  assert {
    condition     = aws_glue_trigger.start.type == "ON_DEMAND" && aws_glue_trigger.start.schedule == null && output.schedule == null && length(output.starts) == 0
    error_message = "Something else than a request starts the workflow."
  }

  # an apply starts such a trigger, or fails, if it is enabled
  assert {
    condition     = !aws_glue_trigger.start.enabled && aws_glue_trigger.start.start_on_creation == null
    error_message = "The apply starts the workflow."
  }
}

run "starts_by_events" {
  command = plan

  variables {
    schedule = null
    start    = { type = "EVENT", batch_size = 5, batch_window_seconds = 600 }
  }

  assert {
    condition     = aws_glue_trigger.start.type == "EVENT" && aws_glue_trigger.start.event_batching_condition[0].batch_size == 5 && aws_glue_trigger.start.event_batching_condition[0].batch_window == 600
    error_message = "Not five events, or ten minutes, start the workflow."
  }

  # an apply starts such a trigger, or fails, if it is enabled
  assert {
    condition     = !aws_glue_trigger.start.enabled && aws_glue_trigger.start.start_on_creation == null
    error_message = "The apply starts the workflow."
  }
}
