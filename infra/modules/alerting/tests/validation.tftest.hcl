# Every rule of variables.tf, broken once. The provider is a mock: no input gets as far as AWS.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  account = { id = "123456789012", region = "eu-central-1" }
  feeds   = { sightings = { crawler = "c", database = "d", job = "j" } }
  key_arn = "arn:aws:kms:eu-central-1:123456789012:key/0000"
  prefix  = "quartal-test"
}

run "rejects_account_that_is_no_number" {
  command         = plan
  expect_failures = [var.account]

  variables {
    account = { id = "my-account", region = "eu-central-1" }
  }
}

run "rejects_budget_of_nothing" {
  command         = plan
  expect_failures = [var.budget]

  variables {
    budget = { monthly_usd = 0, tag = { key = "project", value = "quartal" } }
  }
}

run "rejects_budget_that_never_alerts" {
  command         = plan
  expect_failures = [var.budget]

  variables {
    budget = { monthly_usd = 10, alert_percents = [], tag = { key = "project", value = "quartal" } }
  }
}

run "rejects_address_without_domain" {
  command         = plan
  expect_failures = [var.emails]

  variables {
    emails = ["data-team"]
  }
}

run "rejects_command_that_breaks_out_of_its_quotes" {
  command         = plan
  expect_failures = [var.explain_command]

  variables {
    explain_command = "quartal explain \"now\""
  }
}

run "rejects_nothing_to_watch" {
  command         = plan
  expect_failures = [var.feeds]

  variables {
    feeds = {}
  }
}

run "rejects_dataset_with_hyphen" {
  command         = plan
  expect_failures = [var.feeds]

  variables {
    feeds = { vehicle-sightings = { crawler = "c", database = "d", job = "j" } }
  }
}

run "rejects_quarantine_share_in_percent" {
  command         = plan
  expect_failures = [var.feeds]

  variables {
    feeds = { sightings = { crawler = "c", database = "d", job = "j", quarantine_share_limit = 5 } }
  }
}

run "rejects_duration_that_no_run_can_keep" {
  command         = plan
  expect_failures = [var.feeds]

  variables {
    feeds = { sightings = { crawler = "c", database = "d", job = "j", duration_limit_minutes = 0 } }
  }
}

run "rejects_overdue_after_the_next_quarter" {
  command         = plan
  expect_failures = [var.feeds]

  variables {
    feeds = { sightings = { crawler = "c", database = "d", job = "j", overdue = { after_days = 90, schedule = "cron(0 2 8 1,4,7,10 ? *)" } } }
  }
}

run "rejects_state_that_glue_never_tells" {
  command         = plan
  expect_failures = [var.job_states]

  variables {
    job_states = ["RUNNING"]
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

run "rejects_key_by_its_alias" {
  command         = plan
  expect_failures = [var.key_arn]

  variables {
    key_arn = "arn:aws:kms:eu-central-1:123456789012:alias/lake"
  }
}

run "rejects_schedule_that_eventbridge_refuses" {
  command         = plan
  expect_failures = [var.feeds]

  variables {
    feeds = { sightings = { crawler = "c", database = "d", job = "j", overdue = { after_days = 7, schedule = "cron(0 2 8 1,4,7,10 * *)" } } }
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
  expect_failures = [var.key_arn]

  variables {
    key_arn = "arn:aws:kms:us-east-1:123456789012:key/0000"
  }
}

run "rejects_every_job" {
  command         = plan
  expect_failures = [var.feeds]

  variables {
    feeds = { orders = { crawler = "orders", database = "orders", job = "*" } }
  }
}

run "rejects_boundary_of_another_account" {
  command         = plan
  expect_failures = [var.permissions_boundary]

  variables {
    permissions_boundary = "arn:aws:iam::210987654321:policy/boundary-orders-prod"
  }
}

run "rejects_budget_where_aws_has_none" {
  command         = plan
  expect_failures = [var.budget]

  variables {
    account = { id = "123456789012", partition = "aws-us-gov", region = "us-gov-west-1" }
    budget  = { monthly_usd = 10, tag = { key = "project", value = "quartal" } }
    key_arn = "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/0000"
  }
}
