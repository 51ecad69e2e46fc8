variable "alerting" {
  description = "Who gets alerts about runs that failed, are overdue, took too long or quarantined too much; which final states of a job run alert; and the monthly budget. Null alerts nobody. See modules/alerting."
  type = object({
    budget_usd = optional(number)
    emails     = optional(set(string))
    job_states = optional(set(string))
  })
  default = null
}

variable "artifacts_folder" {
  description = "Folder with main.py, etl_job.zip, requirements.txt and contracts/, relative to where Terraform runs, so that a plan is the same on every machine."
  type        = string
  default     = "artifacts"
  nullable    = false

  validation {
    condition     = alltrue([for name in ["main.py", "etl_job.zip", "requirements.txt"] : fileexists("${var.artifacts_folder}/${name}")])
    error_message = "${var.artifacts_folder} must contain main.py, etl_job.zip and requirements.txt. Build the artifacts first; `quartal plan` does."
  }
}

variable "athena" {
  description = "Athena workgroup for queries of the published tables: how much a query may read, and named queries in addition to the usual ones. Null creates none. See modules/athena."
  type = object({
    queries = optional(map(object({
      description = string
      sql         = string
    })), {})
    scan_limit_gib = optional(number)
  })
  default = null
}

variable "contracts" {
  description = "Feeds of the pipeline, by dataset: the data contract's file in the artifacts' contracts/ folder (<dataset>.yaml by default), the limits above which a run alerts, and what differs from job and schedule: what a feed leaves out there is the pipeline's."
  type = map(object({
    duration_limit_minutes = optional(number)
    file                   = optional(string)
    job = optional(object({
      arguments           = optional(map(string))
      auto_scaling        = optional(bool)
      glue_version        = optional(string)
      max_concurrent_runs = optional(number)
      max_retries         = optional(number)
      number_of_workers   = optional(number)
      timeout_minutes     = optional(number)
      worker_type         = optional(string)
    }))
    quarantine_share_limit = optional(number, 0.05)
    schedule = optional(object({
      cron           = optional(string)
      enabled        = optional(bool)
      lead_time_days = optional(number)
      ml_run = optional(object({
        day         = number
        first_month = number
      }))
      start_time_utc = optional(string)
      time_zone = optional(object({
        name        = string
        summer_time = optional(string)
        utc_offset  = optional(string)
      }))
    }))
  }))
  nullable = false

  validation {
    condition     = length(var.contracts) > 0
    error_message = "contracts must name at least one feed, such as { vehicle_sightings = {} }."
  }

  validation {
    condition     = alltrue([for dataset, feed in var.contracts : fileexists("${var.artifacts_folder}/contracts/${coalesce(feed.file, "${dataset}.yaml")}")])
    error_message = "There is no data contract for ${join(", ", [for dataset, feed in var.contracts : dataset if !fileexists("${var.artifacts_folder}/contracts/${coalesce(feed.file, "${dataset}.yaml")}")])} in ${var.artifacts_folder}/contracts. Check the variable contracts, and that the artifacts were built."
  }

  validation {
    condition = alltrue([for dataset, feed in var.contracts : fileexists("${var.artifacts_folder}/contracts/${coalesce(feed.file, "${dataset}.yaml")}") ? can([
      for schema in [yamldecode(file("${var.artifacts_folder}/contracts/${coalesce(feed.file, "${dataset}.yaml")}")).schema[0]] : [schema.name, [for column in schema.properties : column.name]]
    ]) : true])
    error_message = "The data contract ${join(", ", [for dataset, feed in var.contracts : coalesce(feed.file, "${dataset}.yaml") if !can([for schema in [yamldecode(file("${var.artifacts_folder}/contracts/${coalesce(feed.file, "${dataset}.yaml")}")).schema[0]] : [schema.name, [for column in schema.properties : column.name]]])])} cannot be read: schema[0] must have a name, and properties that each have a name."
  }

  validation {
    condition = alltrue([for dataset, feed in var.contracts :
      try(yamldecode(file("${var.artifacts_folder}/contracts/${coalesce(feed.file, "${dataset}.yaml")}")).schema[0].name == dataset, true)
    ])
    error_message = "The keys of contracts must be the datasets that the data contracts name in schema[0].name."
  }
}

variable "crawl" {
  description = "Which folders a crawl visits, and what it does to the table when files have changed or disappeared. See modules/glue-catalog."
  type = object({
    delete_behavior  = optional(string)
    exclusions       = optional(list(string))
    recrawl_behavior = optional(string)
    update_behavior  = optional(string)
  })
  default  = {}
  nullable = false
}

variable "dataset" {
  description = "The feed that the outputs without a map describe, if there are several. Defaults to the first by name."
  type        = string
  default     = null

  validation {
    condition     = var.dataset == null ? true : contains(keys(var.contracts), var.dataset)
    error_message = "dataset must be a key of contracts. Null selects the first one by name."
  }
}

variable "encrypt_account_catalog" {
  description = "Whether the Glue catalog of the whole account in this region is encrypted with this lake's key. At most one pipeline per account and region may do so."
  type        = bool
  default     = false
  nullable    = false
}

variable "environment" {
  description = "Name of the environment, as a tag."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]*$", var.environment))
    error_message = "environment must be lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "job" {
  description = "Size and limits of a job run. See modules/glue-job."
  type = object({
    arguments           = optional(map(string))
    auto_scaling        = optional(bool)
    glue_version        = optional(string)
    max_concurrent_runs = optional(number)
    max_retries         = optional(number)
    number_of_workers   = number
    timeout_minutes     = optional(number)
    worker_type         = optional(string)
  })
  nullable = false
}

variable "lake" {
  description = "The bucket: its name, if not the default one; whether a destroy may empty it; and how objects age. See modules/data-lake."
  type = object({
    access_log = optional(object({
      bucket = optional(object({
        name = string
      }))
      prefix         = optional(string)
      retention_days = optional(number)
    }))
    bucket_name              = optional(string)
    force_destroy            = optional(bool)
    key_deletion_window_days = optional(number)
    lifecycle_rules = optional(map(object({
      abort_multipart_days       = optional(number)
      expiration_days            = optional(number)
      noncurrent_expiration_days = optional(number)
      prefix                     = string
      transitions                = optional(map(number))
    })), {})
  })
  default  = {}
  nullable = false
}

variable "log_retention_days" {
  description = "How long CloudWatch keeps the logs of crawler and job."
  type        = number
  nullable    = false
}

variable "permissions_boundary" {
  description = "ARN of the IAM policy that limits what every role may do, whatever the role's own policies allow. Null sets no limit. See modules/deployer."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null || can(regex("^arn:[a-z-]+:iam::([0-9]{12}|aws):policy/[A-Za-z0-9+=,.@_/-]+$", var.permissions_boundary))
    error_message = "permissions_boundary must be the ARN of an IAM policy, such as arn:aws:iam::123456789012:policy/boundary-orders-prod."
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

variable "private_network" {
  description = "Network without internet access that crawls and job runs use: a new one, given cidr_block and the CIDR blocks of its subnets by availability zone; or an existing one, given security_group_ids and the ids of its subnets by zone. The job's packages then come from the lake. Null runs them on Glue's own network, at no cost. See modules/private-network."
  type = object({
    cidr_block         = optional(string)
    security_group_ids = optional(list(string))
    services           = optional(set(string))
    subnets            = map(string)
  })
  default = null

  validation {
    condition     = var.private_network == null ? true : (var.private_network.cidr_block == null) != (var.private_network.security_group_ids == null)
    error_message = "private_network must have either cidr_block, for a new network, or security_group_ids, for an existing one."
  }

  validation {
    condition     = try(var.private_network.security_group_ids, null) == null ? true : alltrue([for id in values(var.private_network.subnets) : startswith(id, "subnet-")]) && alltrue([for id in var.private_network.security_group_ids : startswith(id, "sg-")])
    error_message = "private_network with security_group_ids must name ids: sg-... for each group, subnet-... for each zone."
  }

  validation {
    condition     = var.private_network == null ? true : fileexists("${var.artifacts_folder}/etl_job.gluewheels.zip")
    error_message = "private_network needs the job's packages in ${var.artifacts_folder}/etl_job.gluewheels.zip, because Glue cannot reach PyPI from a private network. `quartal plan` builds this file if the environment's file in infra/environments, or TF_VAR_private_network, sets private_network."
  }
}

variable "provider_settings" {
  description = "How the AWS provider reaches its endpoint. The defaults are right for AWS."
  type = object({
    allowed_account_ids         = optional(set(string))
    s3_use_path_style           = optional(bool, false)
    skip_credentials_validation = optional(bool, false)
    skip_metadata_api_check     = optional(bool, false)
    skip_region_validation      = optional(bool, false)
  })
  default  = {}
  nullable = false
}

variable "quicksight" {
  description = "QuickSight users and groups that may use the data sets, those that may change them, and the account's role that QuickSight queries with. Null creates no data sets. See modules/quicksight."
  type = object({
    owners       = optional(set(string))
    readers      = set(string)
    service_role = optional(string)
  })
  default = null

  validation {
    condition     = var.quicksight == null || var.athena != null
    error_message = "quicksight needs athena: QuickSight queries through its workgroup."
  }
}

variable "readers" {
  description = "Who may assume the role that reads the published tables through Athena. Null creates no role. See modules/access."
  type = object({
    trusted_principals = set(string)
  })
  default = null

  validation {
    condition     = var.readers == null || var.athena != null
    error_message = "readers needs athena: readers query through its workgroup."
  }
}

variable "region" {
  description = "AWS region of all resources."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be an AWS region such as eu-central-1."
  }
}

variable "schedule" {
  description = "When the workflow starts: a cron expression, or days before the quarterly ML run. See modules/glue-workflow."
  type = object({
    cron           = optional(string)
    enabled        = optional(bool)
    lead_time_days = optional(number)
    ml_run = optional(object({
      day         = number
      first_month = number
    }))
    start_time_utc = optional(string)
    time_zone = optional(object({
      name        = string
      summer_time = optional(string)
      utc_offset  = optional(string)
    }))
  })
  nullable = false
}

variable "tags" {
  description = "Tags in addition to environment, managed-by, pipeline and project. One of these names, in whatever case, replaces that tag; only pipeline cannot be replaced."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = !contains([for key in keys(var.tags) : lower(key)], "pipeline")
    error_message = "tags must not contain pipeline, in whatever case: the budget counts, and the roles of modules/deployer may change, only what has this tag with the prefix as its value."
  }
}
