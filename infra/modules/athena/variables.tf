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
  description = "Catalog database that the named queries read."
  type        = string
  nullable    = false
}

variable "feeds" {
  description = "Feeds that get the usual named queries, by dataset: the columns of its entity, and the column that counts its rows."
  type = map(object({
    count_column = string
    entity       = list(string)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for dataset in keys(var.feeds) : can(regex("^[a-z][a-z0-9_]*$", dataset)) && length(dataset) <= 30])
    error_message = "feeds must be keyed by datasets: at most 30 lower-case letters, digits and underscores, beginning with a letter."
  }

  validation {
    condition     = alltrue([for feed in values(var.feeds) : alltrue([for column in concat(feed.entity, [feed.count_column]) : can(regex("^[a-z_][a-z0-9_]*$", column))])])
    error_message = "count_column and entity of feeds must be column names of lower-case letters, digits and underscores, because they are used in SQL. The entity of a single series has no columns."
  }
}

variable "lake" {
  description = "Bucket that stores the query results, and the key that encrypts them."
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

variable "prefix" {
  description = "First part of every name. Unique per pipeline and environment in an account."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.prefix)) && length(var.prefix) <= 24
    error_message = "prefix must be at most 24 lower-case letters, digits and single hyphens, beginning with a letter."
  }
}

variable "queries" {
  description = "Additional named queries, by name."
  type = map(object({
    description = string
    sql         = string
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for query in values(var.queries) : trimspace(query.sql) != "" && length(query.sql) <= 262144])
    error_message = "queries.sql must not be empty, nor longer than the 262,144 characters that Athena takes."
  }

  validation {
    condition     = alltrue([for name, query in var.queries : length(name) >= 1 && length(name) <= 128 && length(query.description) <= 1024])
    error_message = "queries must have names of 1 to 128 characters, and descriptions of at most 1,024: Athena takes no longer ones."
  }
}

variable "scan_limit_gib" {
  description = "How much one query may read, in GiB. Athena bills what a query reads, and cancels a query that reads more."
  type        = number
  default     = 100
  nullable    = false

  validation {
    condition     = var.scan_limit_gib >= 1 && floor(var.scan_limit_gib) == var.scan_limit_gib
    error_message = "scan_limit_gib must be a whole number of GiB, at least 1."
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
