# What Glue itself tells, and what the job tells of a run that has succeeded; of one that failed Glue tells. There is no event for the end of a workflow run: what a workflow starts are crawlers and jobs,
# which are watched here, and a workflow that starts nothing is found by the check in overdue.tf.
locals {
  events = {
    crawl-failed = {
      description = "A crawl failed, so the job after it does not start"
      detail      = { crawlerName = values(var.feeds)[*].crawler, state = ["Failed"] }
      detail_type = "Glue Crawler State Change"
      inputs      = { crawler = "$.detail.crawlerName", reason = "$.detail.errorMessage", time = "$.time" }
      message     = "The crawl of <crawler> failed at <time>, so its job does not start. <reason>"
    }
    job-ended = {
      description = "A job run ended as ${join(", ", sort(var.job_states))}"
      detail      = { jobName = values(var.feeds)[*].job, state = sort(var.job_states) }
      detail_type = "Glue Job State Change"
      inputs      = { job = "$.detail.jobName", reason = "$.detail.message", run = "$.detail.jobRunId", state = "$.detail.state", time = "$.time" }
      message     = "The job <job> ended as <state> at <time> (run <run>). <reason>"
    }
    run-finished = {
      description = "A run has succeeded, in the words of the job"
      detail      = { database = distinct(values(var.feeds)[*].database), dataset = keys(var.feeds), status = ["SUCCEEDED"] }
      detail_type = "Quartal Run Finished"
      inputs      = { dataset = "$.detail.dataset", run = "$.detail.runId", summary = "$.detail.summary", time = "$.time" }
      message     = "The run of <dataset> has succeeded at <time> (run <run>). <summary>"
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

  # A template of text is one quoted string per line.
  input_transformer {
    input_paths    = each.value.inputs
    input_template = "\"${each.value.message}\"\n\"What happened and what to do: ${var.explain_command}\""
  }

  # An event that comes before the topic lets it in is lost.
  depends_on = [aws_sns_topic_policy.this]
}
