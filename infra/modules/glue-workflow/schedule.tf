# The features are due four times a year, on ml_run.day of ml_run.first_month and of every third month after it. The
# pipeline has to start lead_time_days before that. Cron can name only one day of the month for all four starts. If the months
# before the due dates differ in length, the earliest start is used, so that the lead time is never shorter than configured.
locals {
  _days_in_month = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

  _ml_run    = try(var.schedule.ml_run, null) == null ? { first_month = 1, day = 1 } : var.schedule.ml_run
  _due       = [for quarter in range(4) : local._ml_run.first_month + 3 * quarter]
  _first_day = local._ml_run.day - try(var.schedule.lead_time_days, 0) # of the due month; before its beginning if below 1

  # The same start, counted from the month 0, 1, 2 or 3 months before the due month.
  _starts = [
    for months_back in range(4) : {
      months = [for quarter in range(4) : (local._ml_run.first_month + 5 - months_back) % 3 + 1 + 3 * quarter]
      day = min([
        for month in local._due : local._first_day + sum(concat([0], [
          for back in range(1, months_back + 1) : local._days_in_month[(month - 1 - back + 12) % 12]
        ]))
      ]...)
    }
  ]

  # The latest month offset that fits all four starts, with a day that each of the four months has.
  _start = [for start in local._starts : start if start.day >= 1][0]
  _day   = min(concat([local._start.day], [for month in local._start.months : local._days_in_month[month - 1]])...)

  _time   = split(":", try(var.schedule.start_time_utc, "02:00"))
  _hour   = tonumber(local._time[0])
  _minute = tonumber(local._time[1])

  _is_own_cron = try(var.schedule.cron, null) != null
  _quarterly   = format("cron(%d %d %d %s ? *)", local._minute, local._hour, local._day, join(",", local._start.months))

  cron = var.schedule == null ? null : local._is_own_cron ? var.schedule.cron : local._quarterly

  _month_names = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]

  starts = var.schedule == null || local._is_own_cron ? [] : [
    for month in sort(formatlist("%02d", local._start.months)) :
    format("%s %d at %02d:%02d UTC", local._month_names[tonumber(month) - 1], local._day, local._hour, local._minute)
  ]

  start_reason = (
    var.start.type == "ON_DEMAND" ? "Starts the crawl when it is asked to"
    : var.start.type == "EVENT" ? "Starts the crawl when enough events have come"
    : local._is_own_cron ? "Starts the crawl as scheduled"
    : "Starts the crawl at least ${try(var.schedule.lead_time_days, 0)} days before the features are due"
  )
}
