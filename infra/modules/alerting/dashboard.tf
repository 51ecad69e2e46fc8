# The history of the runs: the metrics that the job writes at the end of a run (namespace Quartal), Glue's own metrics, and
# the alarms. Runs are months apart, so the dashboard shows all the time that CloudWatch keeps metrics, 15 months, in periods
# of a day: for metrics older than 63 days, it keeps only hourly values.
locals {
  _day = 86400

  _quartal = { for dataset, feed in var.feeds : dataset => ["Dataset", dataset, "Database", feed.database] }
  _glue    = { for dataset, feed in var.feeds : dataset => ["JobName", feed.job, "JobRunId", "ALL"] }

  # Limits are drawn if they are set.
  _limits = {
    for dataset, feed in var.feeds : dataset => {
      duration   = feed.duration_limit_minutes == null ? [] : [{ label = "limit", value = feed.duration_limit_minutes * 60 }]
      quarantine = feed.quarantine_share_limit == null ? [] : [{ label = "limit", value = feed.quarantine_share_limit }]
    }
  }

  # The charts of each feed, three in a row. The first row shows what the job's findings are based on (etl_job/findings).
  _charts = {
    for dataset in keys(var.feeds) : dataset => [
      {
        title   = "What needs attention"
        stat    = "Maximum"
        unit    = "findings"
        metrics = [for name, label in { Problems = "problems", Warnings = "warnings" } : concat(["Quartal", name], local._quartal[dataset], [{ label = label }])]
        limits  = []
      },
      {
        title   = "Share of rows quarantined"
        stat    = "Maximum"
        unit    = "0 to 1"
        metrics = [concat(["Quartal", "QuarantineShare"], local._quartal[dataset], [{ label = "quarantined" }])]
        limits  = local._limits[dataset].quarantine
      },
      {
        title   = "Age of the data at the end of a run"
        stat    = "Maximum"
        unit    = "days"
        metrics = [concat(["Quartal", "DataAgeDays"], local._quartal[dataset], [{ label = "since the last day" }])]
        limits  = []
      },
      {
        title = "Rows of a run"
        stat  = "Sum"
        unit  = "rows"
        metrics = [
          for name, label in { RowsIn = "in", RowsKept = "kept", RowsQuarantined = "quarantined", RowsDuplicate = "duplicate" } :
          concat(["Quartal", name], local._quartal[dataset], [{ label = label }])
        ]
        limits = []
      },
      {
        title   = "Duration of the job"
        stat    = "Maximum"
        unit    = "seconds"
        metrics = [concat(["Quartal", "DurationSeconds"], local._quartal[dataset], [{ label = "duration" }])]
        limits  = local._limits[dataset].duration
      },
      {
        title = "Glue: failed runs, failed tasks"
        stat  = "Sum"
        unit  = "count"
        metrics = [
          concat(["Glue", "glue.error.ALL"], local._glue[dataset], ["ObservabilityGroup", "error", "Type", "count", { label = "failed runs" }]),
          concat(["Glue", "glue.driver.aggregate.numFailedTasks"], local._glue[dataset], ["Type", "count", { label = "failed tasks" }]),
        ]
        limits = []
      },
    ]
  }

  # Two rows of charts per feed below its title, and the alarms of all feeds at the end. The grid has 24 columns.
  _height = 2 + 2 * 6

  _rows = flatten([
    for place, dataset in sort(keys(var.feeds)) : concat(
      [{
        type       = "text", x = 0, y = place * local._height, width = 24, height = 2
        properties = { markdown = "## ${dataset}\nWhat happened and what to do: `${local.explain[dataset]}`. Rows, reasons, cost, drift and lineage: `${replace(local.explain[dataset], "quartal explain", "quartal report")}`." }
      }],
      [
        for column, chart in local._charts[dataset] : {
          type = "metric", x = column % 3 * 8, y = place * local._height + 2 + floor(column / 3) * 6, width = 8, height = 6
          properties = {
            annotations = { horizontal = chart.limits }
            metrics     = chart.metrics
            period      = local._day
            region      = var.account.region
            stat        = chart.stat
            title       = chart.title
            view        = "timeSeries"
            yAxis       = { left = { label = chart.unit, min = 0, showUnits = false } }
          }
        }
      ],
    )
  ])
}

# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/cloudwatch_dashboard
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = "${var.prefix}-runs"

  dashboard_body = jsonencode({
    start          = "-P15M"
    periodOverride = "inherit"
    widgets = concat(local._rows, [{
      type = "alarm", x = 0, y = length(var.feeds) * local._height, width = 24, height = 4
      properties = {
        title = "Alarms"
        alarms = sort([
          for alarm in values(local.alarms) :
          "arn:${var.account.partition}:cloudwatch:${var.account.region}:${var.account.id}:alarm:${alarm.name}"
        ])
      }
    }])
  })
}
