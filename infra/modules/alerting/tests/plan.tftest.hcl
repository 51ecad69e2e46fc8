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
  account         = { id = "123456789012", region = "eu-central-1" }
  explain_command = "quartal explain --env test"
  key_arn         = "arn:aws:kms:eu-central-1:123456789012:key/0000"
  prefix          = "quartal-test"

  feeds = {
    toll_bookings = {
      crawler                = "quartal-test-toll-bookings"
      database               = "quartal_test"
      duration_limit_minutes = 90
      job                    = "quartal-test-toll-bookings"
      overdue                = { after_days = 7, schedule = "cron(0 2 8 1,4,7,10 ? *)" }
      quarantine_share_limit = 0.05
    }
  }
}

run "plans_what_the_variables_above_say" {
  command = plan

  # tells what glue tells and how to explain it
  # G30
  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.glue["job-ended"].event_pattern) == {
      source      = ["aws.glue"]
      detail-type = ["Glue Job State Change"]
      detail = {
        jobName = ["quartal-test-toll-bookings"]
        message = [{ anything-but = { wildcard = "*QuartalJobError: *" } }, { exists = false }]
        state   = ["FAILED", "STOPPED", "TIMEOUT"]
      }
    }
    error_message = "The rule does not match the ends of this pipeline's job runs: ${aws_cloudwatch_event_rule.glue["job-ended"].event_pattern}"
  }

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.glue["crawl-failed"].event_pattern) == {
      source      = ["aws.glue"]
      detail-type = ["Glue Crawler State Change"]
      detail      = { crawlerName = ["quartal-test-toll-bookings"], state = ["Failed"] }
    }
    error_message = "The rule does not match this pipeline's crawls that failed."
  }

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.glue["run-finished"].event_pattern) == {
      source      = ["quartal"]
      detail-type = ["Quartal Run Finished"]
      detail      = { database = ["quartal_test"], dataset = ["toll_bookings"], status = ["FAILED", "SUCCEEDED"] }
    }
    error_message = "The rule does not match the ends of this pipeline's runs."
  }

  # each line of a text template is a quoted string, and every <name> in it an input
  assert {
    condition = alltrue([for target in values(aws_cloudwatch_event_target.glue) : alltrue([
      alltrue([for line in split("\n", target.input_transformer[0].input_template) : can(jsondecode(line))]),
      toset(flatten(regexall("<([a-z]+)>", target.input_transformer[0].input_template))) == toset(keys(target.input_transformer[0].input_paths)),
      endswith(target.input_transformer[0].input_template, "quartal explain --env test\""),
    ])])
    error_message = "A message is not quoted, names an input that it does not have, or does not say how to explain it."
  }

  # alarms on failure duration and quarantine
  assert {
    condition = { for key, alarm in aws_cloudwatch_metric_alarm.this : key => [alarm.alarm_name, alarm.namespace, alarm.metric_name, alarm.statistic, alarm.threshold] } == {
      "toll_bookings/duration"         = ["quartal-test-toll-bookings-duration", "Quartal", "DurationSeconds", "Maximum", 5400]
      "toll_bookings/job-failed"       = ["quartal-test-toll-bookings-job-failed", "Glue", "glue.error.ALL", "Sum", 0]
      "toll_bookings/quarantine-share" = ["quartal-test-toll-bookings-quarantine-share", "Quartal", "QuarantineShare", "Maximum", 0.05]
    }
    error_message = "The alarms watch other metrics or limits."
  }

  # between two quarters there are no values
  assert {
    condition     = alltrue([for alarm in values(aws_cloudwatch_metric_alarm.this) : alarm.treat_missing_data == "notBreaching" && alarm.comparison_operator == "GreaterThanThreshold"])
    error_message = "An alarm goes off when nothing runs."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.this["toll_bookings/quarantine-share"].dimensions == tomap({ Database = "quartal_test", Dataset = "toll_bookings" })
      && aws_cloudwatch_metric_alarm.this["toll_bookings/job-failed"].dimensions == tomap({ JobName = "quartal-test-toll-bookings", JobRunId = "ALL", ObservabilityGroup = "error", Type = "count" })
    )
    error_message = "The dimensions are not those that the job and Glue put."
  }

  # checks for overdue runs when the features are due
  assert {
    condition     = aws_cloudwatch_event_rule.overdue["toll_bookings"].schedule_expression == "cron(0 2 8 1,4,7,10 ? *)"
    error_message = "The check does not begin with the pipeline."
  }

  assert {
    condition     = jsondecode(aws_sfn_state_machine.overdue["toll_bookings"].definition).States.WaitUntilDue.Seconds == 604800
    error_message = "The check does not wait for seven days."
  }

  assert {
    condition = alltrue([for name in ["FindNewestRun", "NoteNewestRun"] :
      jsondecode(aws_sfn_state_machine.overdue["toll_bookings"].definition).States[name].Parameters == { JobName = "quartal-test-toll-bookings", MaxResults = 1 }
    ])
    error_message = "The check asks for the runs of another job."
  }

  # to LocalStack's Step Functions the time of a run is no text, so that no comparison with it holds
  assert {
    condition     = length(regexall("StartedOn|CompletedOn|Timestamp", aws_sfn_state_machine.overdue["toll_bookings"].definition)) == 0
    error_message = "The check compares times that Glue answers."
  }

  # every step that is named exists, and there is a way out of each
  assert {
    condition = alltrue([for name, state in jsondecode(aws_sfn_state_machine.overdue["toll_bookings"].definition).States : alltrue([
      for next in compact(concat([try(state.Next, ""), try(state.Default, "")], [for choice in try(state.Choices, []) : choice.Next], [for catch in try(state.Catch, []) : catch.Next])) :
      contains(keys(jsondecode(aws_sfn_state_machine.overdue["toll_bookings"].definition).States), next)
    ])])
    error_message = "A step leads to one that is not there."
  }

  # lets only those publish that have something to tell
  assert {
    condition     = [for statement in jsondecode(data.aws_iam_policy_document.topic.json).Statement : statement.Sid] == ["DenyWithoutTls", "RulesPublish", "AlarmsPublish"]
    error_message = "The topic's policy has other statements."
  }

  assert {
    condition     = output.topic_arn == "arn:aws:sns:eu-central-1:123456789012:quartal-test-alerts" && aws_sns_topic.this.kms_master_key_id == var.key_arn
    error_message = "The topic has another name, or is not encrypted with the given key."
  }

  assert {
    condition = [for statement in jsondecode(data.aws_iam_policy_document.overdue_check.json).Statement : [statement.Action, statement.Resource]] == [
      ["glue:GetJobRuns", "arn:aws:glue:eu-central-1:123456789012:job/quartal-test-toll-bookings"],
      ["sns:Publish", "arn:aws:sns:eu-central-1:123456789012:quartal-test-alerts"],
    ]
    error_message = "The check may do more than read the job's runs and publish."
  }

  assert {
    condition = [for statement in jsondecode(data.aws_iam_policy_document.overdue_start.json).Statement : [statement.Action, statement.Resource]] == [
      ["states:StartExecution", "arn:aws:states:eu-central-1:123456789012:stateMachine:quartal-test-toll-bookings-overdue"],
    ]
    error_message = "The schedule may start something else than the check."
  }

  # dashboard shows what the job puts and what glue says
  assert {
    condition = flatten([
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : [for metric in try(widget.properties.metrics, []) : metric[1]]
    ]) == ["Problems", "Warnings", "QuarantineShare", "DataAgeDays", "RowsDuplicate", "RowsIn", "RowsKept", "RowsQuarantined", "DurationSeconds", "glue.error.ALL", "glue.driver.aggregate.numFailedTasks"]
    error_message = "The dashboard shows other metrics: ${aws_cloudwatch_dashboard.this.dashboard_body}"
  }

  # the dimensions are those with which the job puts them, and the alarms watch them
  assert {
    condition = alltrue(flatten([
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : [
        for metric in try(widget.properties.metrics, []) : (
          metric[0] == "Quartal" ? slice(metric, 2, 6) == ["Dataset", "toll_bookings", "Database", "quartal_test"]
          : slice(metric, 2, 6) == ["JobName", "quartal-test-toll-bookings", "JobRunId", "ALL"]
        )
      ]
    ]))
    error_message = "A metric of the dashboard has dimensions that nothing puts."
  }

  assert {
    condition = flatten([
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : [for limit in try(widget.properties.annotations.horizontal, []) : limit.value]
    ]) == [0.05, 5400]
    error_message = "The limits of the alarms are not drawn."
  }

  assert {
    condition = flatten([
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : try(widget.properties.alarms, [])
    ]) == [for kind in ["duration", "job-failed", "quarantine-share"] : "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:quartal-test-toll-bookings-${kind}"]
    error_message = "The dashboard does not show the alarms."
  }

  # runs are a quarter apart: all the time for which CloudWatch keeps metrics, a day at a time
  assert {
    condition = jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).start == "-P15M" && alltrue([
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : try(widget.properties.period, 86400) == 86400
    ])
    error_message = "The dashboard does not reach back to the runs of the quarters before."
  }

  assert {
    condition = alltrue([
      for one in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : alltrue([
        for other in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : (
          one == other || one.x + one.width <= other.x || other.x + other.width <= one.x || one.y + one.height <= other.y || other.y + other.height <= one.y
        )
      ]) && one.x + one.width <= 24
    ])
    error_message = "Two widgets lie on each other, or one is beyond the 24 columns."
  }
}

run "watches_no_limit_that_is_not_given" {
  command = plan

  variables {
    feeds = { toll_bookings = { crawler = "c", database = "d", job = "j" } }
  }

  assert {
    condition     = join(",", keys(output.alarms)) == "toll_bookings/job-failed" && length(output.overdue_checks) == 0 && length(output.role_arns) == 0
    error_message = "There are alarms or checks that nobody asked for."
  }
}

run "says_a_jobs_name_as_it_is" {
  command = plan

  variables {
    feeds = { toll_bookings = { crawler = "c", database = "d", job = "toll's {new} \\job", overdue = { after_days = 7, schedule = "cron(0 2 8 1,4,7,10 ? *)" } } }
  }

  assert {
    condition     = strcontains(jsondecode(aws_sfn_state_machine.overdue["toll_bookings"].definition).States.Tell.Parameters["Message.$"], "no run of toll\\'s \\{new\\} \\\\job is known")
    error_message = "States.Format would take a sign of the name for its own: ${jsondecode(aws_sfn_state_machine.overdue["toll_bookings"].definition).States.Tell.Parameters["Message.$"]}"
  }
}

run "mails_and_watches_costs_when_told" {
  command = plan

  variables {
    budget = { monthly_usd = 120, tag = { key = "project", value = "quartal" } }
    emails = ["data-team@example.com"]
  }

  assert {
    condition     = aws_sns_topic_subscription.email["data-team@example.com"].protocol == "email"
    error_message = "The address gets no mail."
  }

  assert {
    condition     = aws_budgets_budget.this[0].limit_amount == "120.00" && one(aws_budgets_budget.this[0].cost_filter).values == tolist(["user:project$quartal"])
    error_message = "The budget does not count what carries the tag."
  }

  assert {
    condition     = contains([for statement in jsondecode(data.aws_iam_policy_document.topic.json).Statement : statement.Sid], "BudgetPublishes")
    error_message = "The budget may not publish to the topic."
  }
}

run "dashboard_has_a_row_for_each_feed_and_no_limit_where_there_is_none" {
  command = plan

  variables {
    feeds = {
      returns = { crawler = "c", database = "d", job = "j" }
      visits  = { crawler = "c", database = "d", job = "k" }
    }
  }

  assert {
    condition = [
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : regex("^## ([a-z]+)", widget.properties.markdown)[0] if widget.type == "text"
    ] == ["returns", "visits"]
    error_message = "A feed has no row of its own."
  }

  # the first feed is not explained in the stead of the other
  assert {
    condition = (
      endswith(aws_cloudwatch_metric_alarm.this["visits/job-failed"].alarm_description, "quartal explain --env test --dataset visits")
      && endswith(aws_cloudwatch_event_target.glue["run-finished"].input_transformer[0].input_template, "quartal explain --env test --dataset <dataset>\"")
      && length(regexall("quartal report --env test --dataset visits", aws_cloudwatch_dashboard.this.dashboard_body)) == 1
    )
    error_message = "A command does not name the feed that it is about."
  }

  assert {
    condition = length(flatten([
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : try(widget.properties.annotations.horizontal, [])
    ])) == 0
    error_message = "A limit is drawn that nobody set."
  }
}
