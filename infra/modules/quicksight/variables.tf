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

variable "data_sets" {
  description = "Data sets, by name: SQL for Athena, and the columns of its result. SPICE keeps a copy in QuickSight, DIRECT_QUERY queries each time."
  type = map(object({
    columns = list(object({
      name = string
      type = string
    }))
    import_mode = optional(string, "SPICE")
    sql         = string
    title       = optional(string)
  }))
  nullable = false

  validation {
    condition     = alltrue([for data_set in values(var.data_sets) : contains(["DIRECT_QUERY", "SPICE"], data_set.import_mode)])
    error_message = "data_sets.import_mode must be DIRECT_QUERY or SPICE."
  }

  validation {
    condition = alltrue([for data_set in values(var.data_sets) : length(data_set.columns) > 0 && alltrue([
      for column in data_set.columns : contains(["BIT", "BOOLEAN", "DATETIME", "DECIMAL", "INTEGER", "JSON", "STRING"], column.type)
    ])])
    error_message = "data_sets.columns must have at least one column, each with a QuickSight type: BIT, BOOLEAN, DATETIME, DECIMAL, INTEGER, JSON or STRING."
  }

  validation {
    condition     = length(distinct([for name in keys(var.data_sets) : replace(name, "/[^a-z0-9]/", "-")])) == length(var.data_sets)
    error_message = "data_sets must have names that differ in more than the characters other than lower-case letters and digits, which become hyphens in ids."
  }
}

variable "database" {
  description = "Catalog database whose tables may be read."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[^*?]+$", var.database))
    error_message = "database must be the name of one database, without wildcards: a policy names it."
  }
}

variable "lake" {
  description = "Bucket of the lake, and the key that encrypts it."
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

variable "manifests" {
  description = "Folders of the lake with plain files that QuickSight reads without Athena, by name."
  type = map(object({
    contains_header = optional(bool, true)
    delimiter       = optional(string, ",")
    format          = optional(string, "CSV")
    prefix          = string
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for manifest in values(var.manifests) : contains(["CLF", "CSV", "ELF", "JSON", "TSV"], manifest.format)])
    error_message = "manifests.format must be one that QuickSight reads: CLF, CSV, ELF, JSON or TSV."
  }

  validation {
    condition     = alltrue([for manifest in values(var.manifests) : can(regex("^[^/*?][^*?]*/$", manifest.prefix))])
    error_message = "manifests.prefix must be a folder of the lake that ends in a slash and does not begin with one, without wildcards."
  }

  validation {
    condition     = length(distinct([for name in keys(var.manifests) : replace(name, "/[^a-z0-9]/", "-")])) == length(var.manifests)
    error_message = "manifests must have names that differ in more than the characters other than lower-case letters and digits, which become hyphens in ids."
  }
}

variable "owners" {
  description = "ARNs of QuickSight users and groups that may change the data sets."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.owners : can(regex("^arn:[a-z-]+:quicksight:[a-z0-9-]+:[0-9]{12}:(group|user)/", arn))])
    error_message = "owners must be ARNs of QuickSight users or groups."
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

variable "readable_prefixes" {
  description = "Folders of the lake that hold the tables' files."
  type        = set(string)
  default     = ["curated/", "features/", "quarantine/"]
  nullable    = false

  validation {
    condition     = alltrue([for prefix in var.readable_prefixes : can(regex("^[^/*?][^*?]*/$", prefix))])
    error_message = "readable_prefixes must be folders that end in a slash and do not begin with one, without wildcards; the whole bucket is not allowed."
  }
}

variable "readers" {
  description = "ARNs of QuickSight users and groups that may use the data sets."
  type        = set(string)
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.readers : can(regex("^arn:[a-z-]+:quicksight:[a-z0-9-]+:[0-9]{12}:(group|user)/", arn))])
    error_message = "readers must be ARNs of QuickSight users or groups."
  }
}

variable "results_prefix" {
  description = "Where in the bucket the workgroup stores query results; an output of athena."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9._/-]+/$", var.results_prefix))
    error_message = "results_prefix must be a folder of the bucket that ends with a slash, such as athena-results/."
  }
}

variable "service_role" {
  description = "Name of the account's role that QuickSight queries with. It exists once the account has subscribed to QuickSight. The module adds the permissions for these tables to it."
  type        = string
  default     = "aws-quicksight-service-role-v0"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9+=,.@_-]+$", var.service_role))
    error_message = "service_role must be the name of one role, without its path."
  }
}

variable "tags" {
  description = "Tags for every resource that supports them, but not for S3 objects, which take only ten."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.tags) <= 50 && alltrue([for key, value in var.tags : can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{1,128}$", key)) && !startswith(lower(key), "aws:") && can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{1,256}$", value))])
    error_message = "tags must be at most 50 with keys of 1 to 128 and values of 1 to 256 letters, digits, spaces and _ . : / = + - @; keys that begin with aws: are reserved."
  }
}

variable "workgroup" {
  description = "Athena workgroup that QuickSight queries through."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[^*?]+$", var.workgroup))
    error_message = "workgroup must be the name of one workgroup, without wildcards: a policy names it."
  }
}
