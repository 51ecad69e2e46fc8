# A conditional trigger fires only for crawls and jobs that another trigger started. So the chain begins with this trigger (or
# with StartWorkflowRun), never with a schedule of the crawler's own. Only a schedule is enabled: an apply that creates an enabled
# trigger of type ON_DEMAND starts the workflow, and one of type EVENT fails.
# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/glue_trigger
resource "aws_glue_trigger" "start" {
  name              = "${local.name}-start"
  description       = local.start_reason
  enabled           = try(var.schedule.enabled, false)
  schedule          = local.cron
  start_on_creation = try(var.schedule.enabled, null)
  tags              = var.tags
  type              = var.start.type
  workflow_name     = aws_glue_workflow.this.name

  actions {
    crawler_name = var.crawler
  }

  dynamic "event_batching_condition" {
    for_each = var.start.type == "EVENT" ? [var.start] : []

    content {
      batch_size   = event_batching_condition.value.batch_size
      batch_window = event_batching_condition.value.batch_window_seconds
    }
  }

  # The first trigger of the chain is created last, so that it cannot fire before the rest exists.
  depends_on = [aws_glue_trigger.crawl_succeeded]
}

resource "aws_glue_trigger" "crawl_succeeded" {
  name              = "${local.name}-crawl-succeeded"
  description       = "Runs the job once the crawl succeeded"
  enabled           = true
  start_on_creation = true
  tags              = var.tags
  type              = "CONDITIONAL"
  workflow_name     = aws_glue_workflow.this.name

  predicate {
    conditions {
      crawler_name = var.crawler
      crawl_state  = "SUCCEEDED"
    }
  }

  actions {
    job_name = var.job
  }
}
