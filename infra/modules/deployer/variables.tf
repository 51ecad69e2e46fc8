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

variable "encrypt_account_catalog" {
  description = "Whether the pipeline sets the encryption of the account's catalog, and may therefore change it."
  type        = bool
  default     = false
  nullable    = false
}

variable "github" {
  description = "Whose workflows assume the roles: the repository (owner/name), the GitHub environment that deploys, and the branch whose workflows may plan in addition to those of pull requests. The provider is created unless you give the account's own: an account can have only one."
  type = object({
    branch      = optional(string, "main")
    environment = string
    oidc_provider = optional(object({
      arn = string
    }))
    repository = string
  })
  nullable = false

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.github.repository))
    error_message = "github.repository must be owner/name of one repository. Wildcards are not allowed: they would admit other people's repositories."
  }

  validation {
    condition     = can(regex("^[A-Za-z0-9._-]+$", var.github.environment)) && can(regex("^[A-Za-z0-9._/-]+$", var.github.branch))
    error_message = "github.environment and github.branch must be one name each, without wildcards."
  }

  validation {
    condition     = var.github.oidc_provider == null ? true : can(regex("^arn:${var.account.partition}:iam::${var.account.id}:oidc-provider/token\\.actions\\.githubusercontent\\.com$", var.github.oidc_provider.arn))
    error_message = "github.oidc_provider.arn must be the ARN of the account's provider of token.actions.githubusercontent.com."
  }
}

variable "lake" {
  description = "The pipeline's bucket: its name, if not the default one; and whether a destroy may empty it."
  type = object({
    bucket_name    = optional(string)
    may_be_emptied = optional(bool, false)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.lake.bucket_name == null ? true : can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.lake.bucket_name))
    error_message = "lake.bucket_name must be the name of one bucket, without wildcards: whoever deploys may change it."
  }
}

variable "prefix" {
  description = "First part of every name of the pipeline. No other pipeline's prefix may continue it after a hyphen, because the roles identify the pipeline's resources by it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.prefix)) && length(var.prefix) <= 24
    error_message = "prefix must be at most 24 lower-case letters, digits and single hyphens, beginning with a letter."
  }

  validation {
    condition     = length(regexall("^(boundary|deployer|planner)(-|$)", var.prefix)) == 0
    error_message = "prefix must not begin with boundary, deployer or planner: a pipeline with such a prefix could change the role that deploys another pipeline."
  }
}

variable "private_network" {
  description = "Whether the pipeline's crawls and job runs run in a private network: whoever deploys may then create one, and the roles have network interfaces in it."
  type        = bool
  default     = false
  nullable    = false
}

variable "quicksight" {
  description = "The account's role that QuickSight queries with, to which the pipeline adds policies. Whoever deploys can then grant that role anything. Null if the pipeline creates no data sets."
  type = object({
    service_role = optional(string, "aws-quicksight-service-role-v0")
  })
  default = null

  validation {
    condition     = var.quicksight == null ? true : can(regex("^[A-Za-z0-9+=,.@_-]+$", var.quicksight.service_role))
    error_message = "quicksight.service_role must be the name of one role, without its path and without wildcards: whoever deploys may write its policies."
  }
}

variable "state" {
  description = "Where the pipeline's Terraform state is stored."
  type = object({
    bucket = string
    key    = string
  })
  nullable = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._-]+$", var.state.bucket)) && can(regex("^[^/*?][^*?]*$", var.state.key))
    error_message = "state must name one object: a bucket by its name, no ARN or URL, and a key that does not begin with a slash; no wildcards, because a state shows every attribute of its resources."
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
