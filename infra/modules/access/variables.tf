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

variable "database" {
  description = "Catalog database of the tables."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[^*?]+$", var.database))
    error_message = "database must be the name of one database, without wildcards: a policy names it."
  }
}

variable "datasets" {
  description = "Feeds whose published tables (curated, features, quarantine) may be read."
  type        = set(string)
  nullable    = false

  validation {
    condition     = length(var.datasets) > 0 && alltrue([for dataset in var.datasets : can(regex("^[a-z][a-z0-9_]*$", dataset)) && length(dataset) <= 30])
    error_message = "datasets must name at least one dataset: at most 30 lower-case letters, digits and underscores, beginning with a letter."
  }
}

variable "lake" {
  description = "Bucket that holds the tables and the query results, and the key that encrypts both."
  type = object({
    bucket  = string
    key_arn = string
  })
  nullable = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._-]+$", var.lake.bucket)) && can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.lake.key_arn))
    error_message = "lake.bucket must be the name of a bucket, no ARN or URL; and lake.key_arn the ARN of a KMS key, such as arn:aws:kms:eu-central-1:123456789012:key/..., and not of an alias: a policy that names an alias allows nothing."
  }

  validation {
    condition     = try(split(":", var.lake.key_arn)[3] == var.account.region, true)
    error_message = "lake.key_arn must be a key in account.region: AWS encrypts with keys of the same region only. Of a multi-Region key, name the replica there."
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

variable "readers" {
  description = "Who may assume the role: ARNs of IAM roles and users, or of a whole account (arn:aws:iam::<account>:root), which then decides itself who may."
  type = object({
    trusted_principals = set(string)
  })
  nullable = false

  validation {
    condition = length(var.readers.trusted_principals) > 0 && alltrue([
      for principal in var.readers.trusted_principals : can(regex("^arn:${var.account.partition}:iam::[0-9]{12}:(root|(role|user)/[A-Za-z0-9+=,.@_/-]+)$", principal))
    ])
    error_message = "readers.trusted_principals must name at least one IAM role, user or account by its ARN in the partition of account, such as arn:${var.account.partition}:iam::123456789012:role/analysts. Wildcards are not allowed: they would admit strangers."
  }
}

variable "results_prefix" {
  description = "Where in the bucket the workgroup stores query results."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9._/-]+/$", var.results_prefix))
    error_message = "results_prefix must be a folder of the bucket that ends with a slash, such as athena-results/."
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

variable "workgroup" {
  description = "Athena workgroup that readers query through; its scan limit applies to them."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[^*?]+$", var.workgroup))
    error_message = "workgroup must be the name of one workgroup, without wildcards: a policy names it."
  }
}
