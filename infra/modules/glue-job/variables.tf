variable "account" {
  description = "Account, partition and region that policies are built from."
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

variable "artifacts" {
  description = "Paths of the built files: the script that Glue starts, the package that it imports, the data contract that it follows; and a zip of wheels from which Glue installs what the job needs, instead of python_modules from PyPI."
  type = object({
    contract = string
    package  = string
    script   = string
    wheels   = optional(string)
  })
  nullable = false

  validation {
    condition     = alltrue([for file in values(var.artifacts) : file == null || try(fileexists(file), false)])
    error_message = "artifacts must name existing files; missing: ${join(", ", [for file in values(var.artifacts) : file if file != null && !try(fileexists(file), true)])}. Build them first."
  }

  validation {
    condition     = var.artifacts.wheels == null || endswith(coalesce(var.artifacts.wheels, "-"), ".gluewheels.zip")
    error_message = "artifacts.wheels must end with .gluewheels.zip: Glue recognizes a zip of wheels by this suffix."
  }

  validation {
    condition     = endswith(var.artifacts.package, ".zip")
    error_message = "artifacts.package must be a .zip, which Glue can put on Python's path."
  }
}

variable "connections" {
  description = "Names of Glue connections of type NETWORK to the private network that workers run in; Glue uses the first one whose zone works. If empty, workers run on Glue's own network."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "database" {
  description = "Catalog database that holds the raw table and the published tables."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[^*?]+$", var.database))
    error_message = "database must be the name of one database, without wildcards: a policy names it."
  }
}

variable "dataset" {
  description = "Dataset that the job processes; its folders in the lake have this name."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]*$", var.dataset)) && length(var.dataset) <= 30
    error_message = "dataset must be at most 30 lower-case letters, digits and underscores, beginning with a letter."
  }
}

variable "findings" {
  description = "What the job needs to report findings about its runs: the environment that the commands in its messages name, and the share of quarantined rows above which the alarm fires. Null leaves it out."
  type = object({
    environment            = optional(string)
    quarantine_share_limit = optional(number)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.findings.quarantine_share_limit == null ? true : var.findings.quarantine_share_limit >= 0 && var.findings.quarantine_share_limit < 1
    error_message = "findings.quarantine_share_limit must be a share, at least 0 and below 1, such as 0.05 for five percent of the rows."
  }
}

variable "job" {
  description = "Size and limits of a run. With auto scaling, number_of_workers is the maximum. arguments are added to the default ones, or replace them."
  type = object({
    arguments           = optional(map(string), {})
    auto_scaling        = optional(bool, true)
    glue_version        = optional(string, "5.1")
    max_concurrent_runs = optional(number, 1)
    max_retries         = optional(number, 1)
    number_of_workers   = number
    timeout_minutes     = optional(number, 120)
    worker_type         = optional(string, "G.1X")
  })
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.job.arguments) : startswith(name, "--")])
    error_message = "The names of job.arguments must begin with two hyphens, such as \"--conf\"."
  }

  validation {
    condition     = contains(["G.1X", "G.2X", "G.4X", "G.8X", "G.12X", "G.16X", "R.1X", "R.2X", "R.4X", "R.8X"], var.job.worker_type)
    error_message = "job.worker_type must be one of G.1X, G.2X, G.4X and G.8X; or, with a version of the AWS provider that knows them (5.100.0 does not), G.12X, G.16X, R.1X, R.2X, R.4X and R.8X."
  }

  validation {
    condition     = try(tonumber(var.job.glue_version) >= 5, false)
    error_message = "job.glue_version must be 5.0 or newer: the job needs Python 3.11."
  }

  validation {
    condition     = var.job.number_of_workers >= 2 && var.job.number_of_workers <= 299 && floor(var.job.number_of_workers) == var.job.number_of_workers
    error_message = "job.number_of_workers must be a whole number from 2 (a driver and an executor) to 299."
  }

  validation {
    condition     = var.job.timeout_minutes >= 1 && var.job.timeout_minutes <= 10080
    error_message = "job.timeout_minutes must be between 1 and 10080 (seven days)."
  }

  validation {
    condition     = var.job.max_retries >= 0 && var.job.max_retries <= 10
    error_message = "job.max_retries must be between 0 and 10."
  }

  validation {
    condition     = var.job.max_concurrent_runs >= 1
    error_message = "job.max_concurrent_runs must be at least 1."
  }
}

variable "lake" {
  description = "Bucket of the lake, the key that encrypts it, and the Glue security configuration, which must encrypt logs with a key: the names of the log groups follow from it. The key's policy must let CloudWatch Logs encrypt the job's groups, as that of data-lake's key does."
  type = object({
    bucket                 = string
    key_arn                = string
    security_configuration = string
  })
  nullable = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._-]+$", var.lake.bucket)) && can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.lake.key_arn))
    error_message = "lake.bucket must be the name of a bucket, no ARN or URL; and lake.key_arn the ARN of a KMS key, such as arn:aws:kms:eu-central-1:123456789012:key/..., and not of an alias: a policy that names an alias allows nothing."
  }

  validation {
    condition     = can(regex("^[^*?]+$", var.lake.security_configuration))
    error_message = "lake.security_configuration must be the name of one security configuration, without wildcards: policies name the log groups by it."
  }

  validation {
    condition     = try(split(":", var.lake.key_arn)[3] == var.account.region, true)
    error_message = "lake.key_arn must be a key in account.region: AWS encrypts with keys of the same region only. Of a multi-Region key, name the replica there."
  }
}

variable "log_retention_days" {
  description = "How long CloudWatch keeps the job's logs."
  type        = number
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a retention period that CloudWatch Logs supports, such as 7, 30, 90, 365 or 731."
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

variable "policy_arns" {
  description = "ARNs of IAM policies attached to the job's role in addition to its own, by names of your choice, which a plan must know. An apply detaches all others."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for arn in values(var.policy_arns) : can(regex("^arn:${var.account.partition}:iam::(${var.account.id}|aws):policy/[A-Za-z0-9+=,.@_/-]+$", arn))])
    error_message = "policy_arns must be ARNs of IAM policies by names, such as { secret = \"arn:${var.account.partition}:iam::${var.account.id}:policy/reads-the-secret\" }: of account or of AWS itself, and in the same partition, because IAM takes no other."
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

variable "python_modules" {
  description = "Python requirements that Glue installs from PyPI before a run, unless artifacts has wheels."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for requirement in var.python_modules : !strcontains(requirement, ",")])
    error_message = "A requirement of python_modules must not contain a comma, because Glue separates requirements by commas."
  }
}

variable "tags" {
  description = "Tags for every resource that supports them, but not for S3 objects, which take only ten."
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

variable "workflow" {
  description = "Name of the workflow whose run properties the job may read."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[^*?]+$", var.workflow))
    error_message = "workflow must be the name of one workflow, without wildcards: a policy names it."
  }
}
