# Every rule of variables.tf, broken once. The provider is a mock: no input gets as far as AWS.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  crawler  = "quartal-test-vehicle-sightings"
  dataset  = "vehicle_sightings"
  job      = "quartal-test-vehicle-sightings"
  prefix   = "quartal-test"
  schedule = { ml_run = { first_month = 1, day = 15 }, lead_time_days = 7 }
}

run "rejects_schedule_without_any_time" {
  command         = plan
  expect_failures = [var.schedule]

  variables {
    schedule = {}
  }
}

run "rejects_schedule_with_cron_and_ml_run" {
  command         = plan
  expect_failures = [var.schedule]

  variables {
    schedule = { cron = "cron(0 2 1 1,4,7,10 ? *)", ml_run = { first_month = 1, day = 15 } }
  }
}

# G12
run "rejects_cron_of_five_fields" {
  command         = plan
  expect_failures = [var.schedule]

  variables {
    schedule = { cron = "cron(0 2 1 * ?)" }
  }
}

run "rejects_cron_without_its_word" {
  command         = plan
  expect_failures = [var.schedule]

  variables {
    schedule = { cron = "0 2 1 * ? *" }
  }
}

# G12
run "rejects_cron_that_names_both_days" {
  command         = plan
  expect_failures = [var.schedule]

  variables {
    schedule = { cron = "cron(0 2 1 * 2 *)" }
  }
}

# G12
run "rejects_cron_that_names_no_day" {
  command         = plan
  expect_failures = [var.schedule]

  variables {
    schedule = { cron = "cron(0 2 ? * ? *)" }
  }
}

run "rejects_cron_with_a_minute_that_no_hour_has" {
  command         = plan
  expect_failures = [var.schedule]

  variables {
    schedule = { cron = "cron(75 2 1 * ? *)" }
  }
}

run "rejects_cron_with_an_hour_that_no_day_has" {
  command         = plan
  expect_failures = [var.schedule]

  variables {
    schedule = { cron = "cron(0 24 1 * ? *)" }
  }
}

run "rejects_cron_with_a_day_that_no_month_has" {
  command         = plan
  expect_failures = [var.schedule]

  variables {
    schedule = { cron = "cron(0 2 32 * ? *)" }
  }
}

run "rejects_cron_with_a_month_that_no_year_has" {
  command         = plan
  expect_failures = [var.schedule]

  variables {
    schedule = { cron = "cron(0 2 1 1,13 ? *)" }
  }
}

# G12
run "rejects_cron_faster_than_every_five_minutes" {
  command         = plan
  expect_failures = [var.schedule]

  variables {
    schedule = { cron = "cron(*/2 * * * ? *)" }
  }
}

# G12
run "rejects_cron_for_every_minute" {
  command         = plan
  expect_failures = [var.schedule]

  variables {
    schedule = { cron = "cron(* * * * ? *)" }
  }
}

# G12
run "rejects_cron_for_neighbouring_minutes" {
  command         = plan
  expect_failures = [var.schedule]

  variables {
    schedule = { cron = "cron(0,2 2 * * ? *)" }
  }
}

run "rejects_ml_run_in_a_month_that_is_not_first" {
  command         = plan
  expect_failures = [var.schedule]

  variables {
    schedule = { ml_run = { first_month = 4, day = 15 } }
  }
}

run "rejects_ml_run_on_a_day_that_february_lacks" {
  command         = plan
  expect_failures = [var.schedule]

  variables {
    schedule = { ml_run = { first_month = 2, day = 30 } }
  }
}

run "rejects_lead_time_longer_than_a_quarter" {
  command         = plan
  expect_failures = [var.schedule]

  variables {
    schedule = { ml_run = { first_month = 1, day = 15 }, lead_time_days = 90 }
  }
}

run "rejects_lead_time_below_zero" {
  command         = plan
  expect_failures = [var.schedule]

  variables {
    schedule = { ml_run = { first_month = 1, day = 15 }, lead_time_days = -1 }
  }
}

run "rejects_start_time_that_no_day_has" {
  command         = plan
  expect_failures = [var.schedule]

  variables {
    schedule = { ml_run = { first_month = 1, day = 15 }, start_time_utc = "25:00" }
  }
}

run "rejects_dataset_with_hyphen" {
  command         = plan
  expect_failures = [var.dataset]

  variables {
    dataset = "vehicle-sightings"
  }
}

run "rejects_prefix_with_underscore" {
  command         = plan
  expect_failures = [var.prefix]

  variables {
    prefix = "quartal_test"
  }
}

run "rejects_time_zone_that_is_no_name" {
  command         = plan
  expect_failures = [var.schedule]

  variables {
    schedule = { ml_run = { first_month = 1, day = 15 }, time_zone = { name = "GMT+1 (Berlin)" } }
  }
}

run "rejects_a_schedule_beside_another_start" {
  command         = plan
  expect_failures = [var.schedule]

  variables {
    start = { type = "ON_DEMAND" }
  }
}

run "rejects_a_scheduled_start_without_its_schedule" {
  command         = plan
  expect_failures = [var.schedule]

  variables {
    schedule = null
  }
}

run "rejects_a_start_that_glue_does_not_know" {
  command         = plan
  expect_failures = [var.start]

  variables {
    schedule = null
    start    = { type = "CONDITIONAL" }
  }
}

run "rejects_more_events_than_a_batch_holds" {
  command         = plan
  expect_failures = [var.start]

  variables {
    schedule = null
    start    = { type = "EVENT", batch_size = 101 }
  }
}

run "rejects_tag_that_aws_refuses" {
  command         = plan
  expect_failures = [var.tags]

  variables {
    tags = { cost-centre = "R&D" }
  }
}

run "rejects_run_property_that_names_another_dataset" {
  command         = plan
  expect_failures = [var.run_properties]

  variables {
    run_properties = { dataset = "tolls" }
  }
}

run "rejects_lead_time_that_a_cron_expression_ignores" {
  command         = plan
  expect_failures = [var.schedule]

  variables {
    schedule = { cron = "cron(0 2 1 * ? *)", lead_time_days = 7 }
  }
}
