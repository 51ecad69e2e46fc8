resource "aws_glue_workflow" "this" {
  name                   = var.prefix
  description            = local.description
  default_run_properties = { revision = tostring(var.revision) }
  max_concurrent_runs    = var.revision
  tags                   = local.tags
}

resource "aws_glue_workflow" "on_events" {
  name = "${var.prefix}-events"
}

resource "aws_glue_trigger" "on_demand" {
  name        = "${var.prefix}-on-demand"
  description = local.description
  type        = "ON_DEMAND"
  enabled     = false # else the provider starts it as soon as it is made, and its job runs
  tags        = local.tags

  actions {
    job_name               = aws_glue_job.spark.name
    arguments              = { "--from" = tostring(var.revision) }
    security_configuration = local.is_changed ? null : aws_glue_security_configuration.this.name
    timeout                = 10 * var.revision

    notification_property {
      notify_delay_after = 2 * var.revision
    }
  }
}

resource "aws_glue_trigger" "scheduled" {
  name              = "${var.prefix}-scheduled"
  description       = local.description
  type              = "SCHEDULED"
  schedule          = local.is_changed ? "cron(0 7 1 1,4,7,10 ? *)" : "cron(0 5 1 1,4,7,10 ? *)"
  workflow_name     = aws_glue_workflow.this.name
  start_on_creation = true

  actions {
    crawler_name = aws_glue_crawler.this.name
  }

  dynamic "actions" {
    for_each = local.is_changed ? [aws_glue_crawler.unscheduled.name] : []

    content {
      crawler_name = actions.value
    }
  }
}

resource "aws_glue_trigger" "conditional" {
  name          = "${var.prefix}-conditional"
  type          = "CONDITIONAL"
  workflow_name = aws_glue_workflow.this.name

  predicate {
    logical = local.is_changed ? "ANY" : "AND"

    conditions {
      crawler_name = aws_glue_crawler.this.name
      crawl_state  = local.is_changed ? "FAILED" : "SUCCEEDED"
    }

    dynamic "conditions" {
      for_each = local.is_changed ? [aws_glue_job.shell.name] : []

      content {
        job_name = conditions.value
        state    = "SUCCEEDED"
      }
    }
  }

  actions {
    job_name = local.is_changed ? aws_glue_job.plain.name : aws_glue_job.spark.name
  }
}

# enabled, then not
resource "aws_glue_trigger" "disabled" {
  name     = "${var.prefix}-disabled"
  type     = "SCHEDULED"
  schedule = "cron(0 5 1 * ? *)"
  enabled  = !local.is_changed

  actions {
    job_name = aws_glue_job.plain.name
  }
}

# not enabled, then enabled; outside any workflow
resource "aws_glue_trigger" "enabled" {
  name    = "${var.prefix}-enabled"
  type    = "CONDITIONAL"
  enabled = local.is_changed

  predicate {
    conditions {
      job_name = aws_glue_job.plain.name
      state    = "SUCCEEDED"
    }
  }

  actions {
    job_name = aws_glue_job.shell.name
  }
}

resource "aws_glue_trigger" "event" {
  name          = "${var.prefix}-event"
  type          = "EVENT"
  workflow_name = aws_glue_workflow.on_events.name

  event_batching_condition {
    batch_size   = 5 * var.revision
    batch_window = 300 * var.revision
  }

  actions {
    job_name = aws_glue_job.plain.name
  }
}

# what brings events to the workflow of that trigger
resource "aws_cloudwatch_event_rule" "arrivals" {
  name          = "${var.prefix}-arrivals"
  event_pattern = jsonencode({ source = [var.prefix] })
}

resource "aws_cloudwatch_event_target" "workflow" {
  rule      = aws_cloudwatch_event_rule.arrivals.name
  target_id = "workflow"
  arn       = aws_glue_workflow.on_events.arn
  role_arn  = aws_iam_role.this.arn
}
