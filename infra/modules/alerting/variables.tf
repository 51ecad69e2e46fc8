variable "account" {
  description = "Account, partition and region that names and policies are built from."
  type = object({
    id        = string
    partition = optional(string, "aws")
    region    = string
  })
  nullable = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account.id)) && contains(["aws", "aws-cn", "aws-us-gov"], var.account.partition)
    error_message = "account.id must be the twelve-digit id of an AWS account, and account.partition aws, aws-cn or aws-us-gov: in other partitions, services have names that this module does not know."
  }

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.account.region)) && !strcontains(var.account.region, "-iso") && var.account.partition == (startswith(var.account.region, "cn-") ? "aws-cn" : startswith(var.account.region, "us-gov-") ? "aws-us-gov" : "aws")
    error_message = "account.region must be a region of account.partition, such as eu-central-1 of aws, cn-north-1 of aws-cn or us-gov-west-1 of aws-us-gov: ARNs name both."
  }
}

variable "budget" {
  description = "Monthly budget in US dollars for everything that carries a tag, and the percentages of it that alert. Null watches no costs."
  type = object({
    alert_percents = optional(set(number), [80, 100])
    monthly_usd    = number
    tag = object({
      key   = string
      value = string
    })
  })
  default = null

  validation {
    condition     = var.budget == null ? true : var.budget.monthly_usd > 0
    error_message = "budget.monthly_usd must be above 0."
  }

  validation {
    condition     = var.budget == null ? true : length(var.budget.alert_percents) > 0 && length(var.budget.alert_percents) <= 5 && alltrue([for percent in var.budget.alert_percents : percent > 0])
    error_message = "budget.alert_percents must be one to five numbers above 0."
  }

  # botocore's endpoints.json has none for budgets in aws-us-gov
  validation {
    condition     = var.budget == null || var.account.partition != "aws-us-gov"
    error_message = "budget must be null in aws-us-gov, which has no AWS Budgets: its costs are in the account's standard account, so watch them there."
  }
}

variable "emails" {
  description = "Addresses that get the alerts by email, once they have confirmed."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for address in var.emails : can(regex("^[^@ ]+@[^@ ]+[.][^@ .]+$", address))])
    error_message = "emails must be addresses such as data-team@example.com."
  }
}

variable "explain_command" {
  description = "Command that shows what happened and what to do; it is part of every message."
  type        = string
  default     = "quartal explain"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9 ._/=-]+$", var.explain_command))
    error_message = "explain_command may contain only letters, digits, spaces and . _ / = -, because it is inserted into quoted templates."
  }
}

variable "feeds" {
  description = "What to watch, by dataset: its crawler, job and database; the limits of a run (null: none); and when a missing run is overdue (null: never): after_days days after each start of schedule, a cron expression in UTC."
  type = map(object({
    crawler                = string
    database               = string
    duration_limit_minutes = optional(number)
    job                    = string
    overdue = optional(object({
      after_days = number
      schedule   = string
    }))
    quarantine_share_limit = optional(number)
  }))
  nullable = false

  validation {
    condition     = length(var.feeds) > 0
    error_message = "feeds must name at least one dataset to watch."
  }

  validation {
    condition     = alltrue([for dataset in keys(var.feeds) : can(regex("^[a-z][a-z0-9_]*$", dataset)) && length(dataset) <= 30])
    error_message = "feeds must be keyed by datasets: at most 30 lower-case letters, digits and underscores, beginning with a letter."
  }

  validation {
    condition     = alltrue([for feed in values(var.feeds) : can(regex("^[^*?]+$", feed.job))])
    error_message = "feeds.job must be the name of one job, without wildcards: a policy names it."
  }

  validation {
    condition     = alltrue([for feed in values(var.feeds) : feed.quarantine_share_limit == null ? true : feed.quarantine_share_limit >= 0 && feed.quarantine_share_limit < 1])
    error_message = "feeds.quarantine_share_limit must be a share, at least 0 and below 1, such as 0.05 for five percent of the rows."
  }

  validation {
    condition     = alltrue([for feed in values(var.feeds) : feed.duration_limit_minutes == null ? true : feed.duration_limit_minutes > 0])
    error_message = "feeds.duration_limit_minutes must be above 0."
  }

  validation {
    condition = alltrue([for feed in values(var.feeds) : feed.overdue == null ? true : (
      feed.overdue.after_days >= 0 && feed.overdue.after_days < 90 && can(regex("^cron\\([^ ()]+( [^ ()]+){5}\\)$", feed.overdue.schedule))
      && try(length([for field in [2, 4] : field if split(" ", regex("^cron\\((.*)\\)$", feed.overdue.schedule)[0])[field] == "?"]) == 1, false)
    )])
    error_message = "feeds.overdue must have after_days from 0 to below 90 (a quarter), and a schedule that is cron(...) with six fields, with \"?\" in exactly one of day of month and day of week."
  }
}

variable "job_states" {
  description = "Final states of a job run that cause an alert."
  type        = set(string)
  default     = ["FAILED", "STOPPED", "TIMEOUT"]
  nullable    = false

  validation {
    condition     = length(var.job_states) > 0 && length(setsubtract(var.job_states, ["FAILED", "STOPPED", "SUCCEEDED", "TIMEOUT"])) == 0
    error_message = "job_states must be at least one of FAILED, STOPPED, SUCCEEDED and TIMEOUT, the final states that Glue reports."
  }
}

variable "key_arn" {
  description = "ARN of the key that encrypts the messages. Its policy must let EventBridge and CloudWatch use it, as the policy of data-lake's key does."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.key_arn))
    error_message = "key_arn must be the ARN of a KMS key, such as arn:aws:kms:eu-central-1:123456789012:key/..., and not of an alias."
  }

  validation {
    condition     = try(split(":", var.key_arn)[3] == var.account.region, true)
    error_message = "key_arn must be a key in account.region: AWS encrypts with keys of the same region only. Of a multi-Region key, name the replica there."
  }
}

variable "permissions_boundary" {
  description = "ARN of the IAM policy that limits what every role may do, whatever the role's own policies allow. Null sets no limit. See modules/deployer."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null || can(regex("^arn:${var.account.partition}:iam::(${var.account.id}|aws):policy/[A-Za-z0-9+=,.@_/-]+$", var.permissions_boundary))
    error_message = "permissions_boundary must be the ARN of an IAM policy, such as arn:${var.account.partition}:iam::${var.account.id}:policy/boundary-orders-prod: of account or of AWS itself, and in the same partition, because IAM takes no other."
  }
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

variable "tags" {
  description = "Tags for every resource that supports them."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.tags) <= 50 && alltrue([for key, value in var.tags : can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{1,128}$", key)) && !startswith(lower(key), "aws:") && can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{0,256}$", value))])
    error_message = "tags must be at most 50 with keys of 1 to 128 and values of at most 256 letters, digits, spaces and _ . : / = + - @; keys that begin with aws: are reserved."
  }

  validation {
    condition     = length(distinct([for key in keys(var.tags) : lower(key)])) == length(var.tags)
    error_message = "tags must not have keys that differ only in case, such as Team and team: IAM takes them for one key, and refuses to create a role with both."
  }
}
