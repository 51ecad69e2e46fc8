# Alarms on metrics: Glue's own, and those that the job writes at the end of a run (namespace Quartal). A feed that runs once
# a quarter has no values in between. So missing values mean nothing, and an anomaly detector, which learns from two weeks,
# would learn nothing: the limits are configured.
locals {
  _alarm_kinds = {
    duration = {
      limits      = { for dataset, feed in var.feeds : dataset => try(feed.duration_limit_minutes * 60, null) }
      metric      = "DurationSeconds"
      namespace   = "Quartal"
      description = "took longer than <limit> seconds"
      statistic   = "Maximum"
    }
    job-failed = {
      limits      = { for dataset, feed in var.feeds : dataset => 0 }
      metric      = "glue.error.ALL"
      namespace   = "Glue"
      description = "failed"
      statistic   = "Sum"
    }
    quarantine-share = {
      limits      = { for dataset, feed in var.feeds : dataset => feed.quarantine_share_limit }
      metric      = "QuarantineShare"
      namespace   = "Quartal"
      description = "quarantined more than a share of <limit> of its rows"
      statistic   = "Maximum"
    }
  }

  alarms = merge([
    for kind, alarm in local._alarm_kinds : {
      for dataset, limit in alarm.limits : "${dataset}/${kind}" => merge(alarm, {
        name  = "${local.names[dataset]}-${kind}"
        limit = limit
        text  = "The run of ${dataset} ${replace(alarm.description, "<limit>", limit)}. What happened and what to do: ${local.explain[dataset]}"
        dimensions = {
          Glue    = { JobName = var.feeds[dataset].job, JobRunId = "ALL", ObservabilityGroup = "error", Type = "count" }
          Quartal = { Database = var.feeds[dataset].database, Dataset = dataset }
        }[alarm.namespace]
      }) if limit != null
    }
  ]...)
}

# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/cloudwatch_metric_alarm
resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = each.value.name
  alarm_description   = each.value.text
  alarm_actions       = [aws_sns_topic.this.arn]
  comparison_operator = "GreaterThanThreshold"
  datapoints_to_alarm = 1
  dimensions          = each.value.dimensions
  evaluation_periods  = 1
  metric_name         = each.value.metric
  namespace           = each.value.namespace
  period              = 300
  statistic           = each.value.statistic
  tags                = var.tags
  threshold           = each.value.limit
  treat_missing_data  = "notBreaching"
}
