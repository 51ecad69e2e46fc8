variable "crawler" {
  description = "Name of the crawler that runs first."
  type        = string
  nullable    = false
}

variable "dataset" {
  description = "Dataset that the workflow processes."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]*$", var.dataset)) && length(var.dataset) <= 30
    error_message = "dataset must be at most 30 lower-case letters, digits and underscores, beginning with a letter."
  }
}

variable "job" {
  description = "Name of the job that runs after a successful crawl."
  type        = string
  nullable    = false
}

variable "prefix" {
  description = "First part of every name. Unique per pipeline and environment in an account."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.prefix)) && length(var.prefix) <= 24
    error_message = "prefix must be at most 24 lower-case letters, digits and single hyphens, beginning with a letter."
  }
}

variable "run_properties" {
  description = "Properties that every run starts with, in addition to the dataset."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = !contains(keys(var.run_properties), "dataset")
    error_message = "run_properties must not contain dataset: every run starts with the variable dataset as this property."
  }
}

variable "schedule" {
  description = "When the workflow starts: a cron expression, or lead_time_days before the quarterly ML run, at start_time_utc. Null if start.type is not SCHEDULED. time_zone names the time zone that `quartal status` shows next to UTC. Its offset and summer time follow from the name; summer_time and utc_offset are ignored."
  type = object({
    cron           = optional(string)
    enabled        = optional(bool, true)
    lead_time_days = optional(number, 0)
    ml_run = optional(object({
      day         = number
      first_month = number
    }))
    start_time_utc = optional(string, "02:00")
    time_zone = optional(object({
      name        = string
      summer_time = optional(string)
      utc_offset  = optional(string)
    }))
  })
  default = null

  validation {
    condition     = (var.schedule == null) != (var.start.type == "SCHEDULED")
    error_message = "schedule must be set if start.type is SCHEDULED, and must be null for other types."
  }

  validation {
    condition     = var.schedule == null ? true : ((var.schedule.cron == null) != (var.schedule.ml_run == null))
    error_message = "schedule must have either cron or ml_run, and not both."
  }

  validation {
    condition     = var.schedule == null ? true : (var.schedule.cron == null ? true : var.schedule.lead_time_days == 0 && var.schedule.start_time_utc == "02:00")
    error_message = "schedule.lead_time_days and start_time_utc belong to ml_run. A cron expression says the day and the time itself: leave them out with it."
  }

  validation {
    condition     = var.schedule == null ? true : (var.schedule.cron == null ? true : can(regex("^cron\\([^ ()]+( [^ ()]+){5}\\)$", var.schedule.cron)))
    error_message = "schedule.cron must be cron(...) with six fields: minutes, hours, day of month, month, day of week, year."
  }

  validation {
    condition = var.schedule == null ? true : (var.schedule.cron == null ? true : try(length([
      for field in [2, 4] : field if split(" ", regex("^cron\\((.*)\\)$", var.schedule.cron)[0])[field] == "?"
    ]) == 1, true))
    error_message = "schedule.cron must have \"?\" in exactly one of day of month and day of week."
  }

  validation {
    condition = var.schedule == null ? true : (var.schedule.cron == null ? true : try(alltrue([
      for index, field in split(" ", regex("^cron\\((.*)\\)$", var.schedule.cron)[0]) : can(regex([
        "^(\\*|[0-5]?[0-9])([-/][0-5]?[0-9]|(,[0-5]?[0-9])*)$",
        "^(\\*|[01]?[0-9]|2[0-3])([-/]([01]?[0-9]|2[0-3])|(,([01]?[0-9]|2[0-3]))*)$",
        "^(\\?|L|LW|(\\*|0?[1-9]|[12][0-9]|3[01])(W|[-/](0?[1-9]|[12][0-9]|3[01])|(,(0?[1-9]|[12][0-9]|3[01]))*))$",
        "^(\\*|0?[1-9]|1[0-2]|[A-Z]{3})([-/](0?[1-9]|1[0-2]|[A-Z]{3})|(,(0?[1-9]|1[0-2]|[A-Z]{3}))*)$",
        "^(\\?|L|(\\*|[1-7]|[A-Z]{3})(L|[-/]([1-7]|[A-Z]{3})|(,([1-7]|[A-Z]{3}))*))$",
        "^(\\*|[12][0-9]{3})([-/][0-9]{1,4}|(,[12][0-9]{3})*)$",
      ][index], field))
    ]), true))
    error_message = "schedule.cron has a field that Glue does not accept. The fields are minutes 0-59, hours 0-23, day of month 1-31, month 1-12 or JAN-DEC, day of week 1-7 or SUN-SAT, and year, with the wildcards , - * / ? L W."
  }

  # Minutes are a list (look at every two of them, also across the hour), or "every n", or all of a range.
  validation {
    condition = var.schedule == null ? true : (var.schedule.cron == null ? true : try([
      for minutes in [split(" ", regex("^cron\\((.*)\\)$", var.schedule.cron)[0])[0]] :
      can(regex("^[0-9,]+$", minutes)) ? alltrue(flatten([
        for i, first in split(",", minutes) : [
          for j, second in split(",", minutes) : i >= j || (abs(first - second) >= 5 && abs(first - second) <= 55)
        ]
      ])) : try(tonumber(split("/", minutes)[1]) >= 5, false)
    ][0], true))
    error_message = "schedule.cron must not fire more often than every five minutes."
  }

  validation {
    condition = var.schedule == null ? true : (var.schedule.ml_run == null ? true : (
      contains([1, 2, 3], var.schedule.ml_run.first_month) && var.schedule.ml_run.day >= 1 && var.schedule.ml_run.day <= 28
      && floor(var.schedule.ml_run.day) == var.schedule.ml_run.day
    ))
    error_message = "schedule.ml_run must have a first_month of 1, 2 or 3 (every third month follows) and a day of 1 to 28, which every month has."
  }

  validation {
    condition     = var.schedule == null ? true : (var.schedule.lead_time_days >= 0 && var.schedule.lead_time_days < 90 && floor(var.schedule.lead_time_days) == var.schedule.lead_time_days)
    error_message = "schedule.lead_time_days must be a whole number of days from 0 to 89: with a longer lead time, the workflow would start before the previous ML run."
  }

  validation {
    condition     = var.schedule == null ? true : (can(regex("^([01][0-9]|2[0-3]):[0-5][0-9]$", var.schedule.start_time_utc)))
    error_message = "schedule.start_time_utc must be a time such as \"02:00\"."
  }

  validation {
    condition     = var.schedule == null ? true : var.schedule.time_zone == null ? true : can(regex("^[A-Za-z_]+(/[A-Za-z0-9_+-]+)*$", var.schedule.time_zone.name))
    error_message = "schedule.time_zone.name must be a name in the time zone database, such as \"Europe/Berlin\"."
  }
}

variable "start" {
  description = "What starts the workflow: the schedule (SCHEDULED), only people and programs (ON_DEMAND), or events that an EventBridge rule of yours sends to its ARN (EVENT). With EVENT, it starts when there are batch_size events, or when the first is batch_window_seconds old. A workflow has one start."
  type = object({
    batch_size           = optional(number, 1)
    batch_window_seconds = optional(number, 900)
    type                 = optional(string, "SCHEDULED")
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["EVENT", "ON_DEMAND", "SCHEDULED"], var.start.type)
    error_message = "start.type must be SCHEDULED, ON_DEMAND or EVENT."
  }

  validation {
    condition     = var.start.batch_size >= 1 && var.start.batch_size <= 100 && floor(var.start.batch_size) == var.start.batch_size && var.start.batch_window_seconds >= 1 && var.start.batch_window_seconds <= 900
    error_message = "start.batch_size must be a whole number from 1 to 100, and start.batch_window_seconds from 1 to 900."
  }
}

variable "tags" {
  description = "Tags for every resource that supports them."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.tags) <= 50 && alltrue([for key, value in var.tags : can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{1,128}$", key)) && !startswith(lower(key), "aws:") && can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{0,256}$", value))])
    error_message = "tags must be at most 50 with keys of 1 to 128 and values of at most 256 letters, digits, spaces and _ . : / = + - @; keys that begin with aws: are reserved."
  }
}
