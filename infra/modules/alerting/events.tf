# The job's event about its run, and Glue's events for what the job cannot report: a failed crawl, a run that was stopped, or a
# run whose own event did not arrive. Glue has no event for the end of a workflow run. The crawlers and jobs that a workflow
# starts are watched here; the check in overdue.tf finds a workflow that starts nothing.
locals {
  # Glue's message is the job's last error. It begins like this if the job's own event reported the failure (etl_job/run.py).
  _untold = [{ anything-but = { wildcard = "*QuartalJobError: *" } }, { exists = false }]

  events = {
    crawl-failed = {
      description = "A crawl failed, so the job after it does not start"
      detail      = { crawlerName = values(var.feeds)[*].crawler, state = ["Failed"] }
      detail_type = "Glue Crawler State Change"
      explain     = var.explain_command
      inputs      = { crawler = "$.detail.crawlerName", reason = "$.detail.errorMessage", time = "$.time" }
      message     = ["The crawl of <crawler> failed at <time>, so its job does not start. <reason>"]
    }
    job-ended = {
      description = "A job run ended as ${join(", ", sort(var.job_states))}"
      detail      = { jobName = values(var.feeds)[*].job, message = local._untold, state = sort(var.job_states) }
      detail_type = "Glue Job State Change"
      explain     = var.explain_command
      inputs      = { job = "$.detail.jobName", reason = "$.detail.message", run = "$.detail.jobRunId", state = "$.detail.state", time = "$.time" }
      message     = ["The job <job> ended as <state> at <time> (run <run>). <reason>"]
    }
    run-finished = {
      description = "The job reported that a run succeeded or failed"
      detail      = { database = distinct(values(var.feeds)[*].database), dataset = keys(var.feeds), status = ["FAILED", "SUCCEEDED"] }
      detail_type = "Quartal Run Finished"
      explain     = length(var.feeds) > 1 ? "${var.explain_command} --dataset <dataset>" : var.explain_command
      inputs      = { dataset = "$.detail.dataset", needs = "$.detail.needs", run = "$.detail.runId", status = "$.detail.status", summary = "$.detail.summary", time = "$.time" }
      message     = ["The run of <dataset> ended as <status> at <time> (run <run>). <summary>", "<needs>"]
    }
  }
}

# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/cloudwatch_event_rule
resource "aws_cloudwatch_event_rule" "glue" {
  for_each = local.events

  name        = "${var.prefix}-${each.key}"
  description = each.value.description
  tags        = var.tags

  event_pattern = jsonencode({
    source      = [startswith(each.value.detail_type, "Quartal") ? "quartal" : "aws.glue"]
    detail-type = [each.value.detail_type]
    detail      = each.value.detail
  })
}

resource "aws_cloudwatch_event_target" "glue" {
  for_each = local.events

  arn       = aws_sns_topic.this.arn
  rule      = aws_cloudwatch_event_rule.glue[each.key].name
  target_id = "topic"

  # A text template has one quoted string per line.
  input_transformer {
    input_paths    = each.value.inputs
    input_template = join("\n", [for line in concat(each.value.message, ["What happened and what to do: ${each.value.explain}"]) : "\"${line}\""])
  }

  # An event is lost if it arrives before the topic accepts it.
  depends_on = [aws_sns_topic_policy.this]
}
