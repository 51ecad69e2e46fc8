# A run that never started leaves no event and no metric, and an alarm looks back seven days at most, not a quarter. So the
# schedule that starts the pipeline also starts this check. It records the newest run of the job, waits until the features are
# due, looks up the newest run again, and alerts unless one has succeeded in between.
#
# It compares states and ids, not times: states and ids are text everywhere. Times are text for Step Functions on AWS, but date
# objects in emulators, where every comparison with one is false.
locals {
  overdue = { for dataset, feed in var.feeds : dataset => feed.overdue if feed.overdue != null }

  _checks    = length(local.overdue) == 0 ? 0 : 1
  _sdk       = "arn:${var.account.partition}:states:::aws-sdk:glue:getJobRuns"
  _check_arn = "arn:${var.account.partition}:states:${var.account.region}:${var.account.id}:stateMachine"

  # States.Format has signs of its own, which a job's name may have too.
  _overdue_messages = {
    for dataset in keys(local.overdue) : dataset => join(" ", [
      "The features of ${dataset} are due, but no run of ${replace(var.feeds[dataset].job, "/[\\\\'{}]/", "\\$0")} is known to have succeeded since {}.",
      "What happened and what to do: ${local.explain[dataset]}",
    ])
  }

  # Glue may be throttling, or the network down, for a while.
  _retry = [{ ErrorEquals = ["States.ALL"], IntervalSeconds = 60, MaxAttempts = 5, BackoffRate = 2 }]

  _newest_run = {
    for dataset in keys(local.overdue) : dataset => {
      Type       = "Task"
      Resource   = local._sdk
      Parameters = { JobName = var.feeds[dataset].job, MaxResults = 1 }
      Retry      = local._retry
    }
  }

  # If Glue does not answer even after the retries, the check cannot know, and alerts when the features are due.
  _unknown = { for state in ["Tell", "WaitUntilDue"] : state => [{ ErrorEquals = ["States.ALL"], ResultPath = "$.error", Next = state }] }
}

# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/sfn_state_machine
resource "aws_sfn_state_machine" "overdue" {
  # checkov:skip=CKV_AWS_284:Six steps once a quarter; the execution history shows everything that a trace would.
  # checkov:skip=CKV_AWS_285:Step Functions keeps the execution history for 90 days, and alerts go to the topic.
  for_each = local.overdue

  name     = "${local.names[each.key]}-overdue"
  role_arn = aws_iam_role.overdue_check[0].arn
  tags     = var.tags

  definition = jsonencode({
    Comment = "Alerts if ${each.key} has not been published by the time that its features are due"
    StartAt = "NoteNewestRun"
    States = {
      NoteNewestRun = merge(local._newest_run[each.key], { ResultPath = "$.before", Catch = local._unknown["WaitUntilDue"], Next = "WaitUntilDue" })
      WaitUntilDue = {
        Type    = "Wait"
        Seconds = floor(each.value.after_days * 24 * 60 * 60)
        Next    = "FindNewestRun"
      }
      FindNewestRun = merge(local._newest_run[each.key], { ResultPath = "$.found", Catch = local._unknown["Tell"], Next = "SucceededSinceScheduled" })
      # The first rule that matches decides, so each rule can rely on those before it.
      SucceededSinceScheduled = {
        Type = "Choice"
        Choices = [
          { Variable = "$.error", IsPresent = true, Next = "Tell" },
          { Variable = "$.found.JobRuns[0].JobRunState", IsPresent = false, Next = "Tell" },
          { Not = { Variable = "$.found.JobRuns[0].JobRunState", StringEquals = "SUCCEEDED" }, Next = "Tell" },
          { Variable = "$.before.JobRuns[0].JobRunState", IsPresent = false, Next = "InTime" },
          # it was running when this check began, and has succeeded since
          { Not = { Variable = "$.before.JobRuns[0].JobRunState", StringEquals = "SUCCEEDED" }, Next = "InTime" },
          { Not = { Variable = "$.found.JobRuns[0].Id", StringEqualsPath = "$.before.JobRuns[0].Id" }, Next = "InTime" },
        ]
        Default = "Tell"
      }
      InTime = { Type = "Succeed" }
      Tell = {
        Type     = "Task"
        Resource = "arn:${var.account.partition}:states:::sns:publish"
        Parameters = {
          TopicArn    = local.topic_arn
          Subject     = "${each.key} is overdue"
          "Message.$" = "States.Format('${local._overdue_messages[each.key]}', $.time)"
        }
        Retry = local._retry
        End   = true
      }
    }
  })
}

resource "aws_cloudwatch_event_rule" "overdue" {
  for_each = local.overdue

  name                = "${local.names[each.key]}-overdue"
  description         = "Checks ${each.value.after_days} days after each scheduled start whether ${each.key} was published"
  schedule_expression = each.value.schedule
  tags                = var.tags
}

resource "aws_cloudwatch_event_target" "overdue" {
  for_each = local.overdue

  arn       = aws_sfn_state_machine.overdue[each.key].arn
  role_arn  = aws_iam_role.overdue_start[0].arn
  rule      = aws_cloudwatch_event_rule.overdue[each.key].name
  target_id = "check"

  depends_on = [aws_iam_role_policy.overdue_start]
}
