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

variable "account_catalog" {
  description = "Key that encrypts the catalog of the whole account in this region, for every pipeline in it. Null changes nothing. At most one pipeline may set it."
  type = object({
    key_arn = string
  })
  default = null

  validation {
    condition     = var.account_catalog == null ? true : can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.account_catalog.key_arn))
    error_message = "account_catalog.key_arn must be the ARN of a KMS key, such as arn:aws:kms:eu-central-1:123456789012:key/..., and not of an alias."
  }

  validation {
    condition     = try(split(":", var.account_catalog.key_arn)[3] == var.account.region, true)
    error_message = "account_catalog.key_arn must be a key in account.region: AWS encrypts with keys of the same region only. Of a multi-Region key, name the replica there."
  }
}

variable "contracts" {
  description = "What the data contracts say about the raw files, by dataset: their format (csv, jsonLines or parquet), the columns in the order of the file, and the CSV dialect."
  type = map(object({
    columns = list(string)
    format  = optional(string, "csv")
    csv = optional(object({
      delimiter    = optional(string, ",")
      header       = optional(bool, true)
      quote_symbol = optional(string, "\"")
    }), {})
  }))
  nullable = false

  validation {
    condition     = length(var.contracts) > 0 && alltrue([for dataset in keys(var.contracts) : can(regex("^[a-z][a-z0-9_]*$", dataset)) && length(dataset) <= 30])
    error_message = "contracts must be keyed by at least one dataset, of at most 30 lower-case letters, digits and underscores, beginning with a letter: it names a folder, a table and a crawler."
  }

  validation {
    condition     = alltrue([for contract in values(var.contracts) : contains(["csv", "jsonLines", "parquet"], contract.format)])
    error_message = "contracts.format must be csv, jsonLines or parquet."
  }

  # x_curated, x_features and x_quarantine are tables of x. A crawler of x gives similar names to files that it does not
  # recognize as the dataset's.
  validation {
    condition = alltrue(flatten([for dataset in keys(var.contracts) : [
      for other in keys(var.contracts) : dataset == other || !startswith(other, "${dataset}_")
    ]]))
    error_message = "contracts must not have a dataset whose name continues another's after an underscore, as in tolls and tolls_2024: the tables of one would look like tables of the other."
  }

  validation {
    condition = alltrue([for contract in values(var.contracts) :
      length(contract.columns) > 0 && alltrue([for column in contract.columns : trimspace(column) != ""])
    ])
    error_message = "contracts.columns must name every column of the file, and there must be at least one."
  }

  validation {
    condition = alltrue([for contract in values(var.contracts) :
      length(distinct([for column in contract.columns : lower(column)])) == length(contract.columns)
    ])
    error_message = "contracts.columns must not name a column twice; the catalog ignores case."
  }

  validation {
    condition     = alltrue([for contract in values(var.contracts) : length(contract.csv.delimiter) == 1])
    error_message = "contracts.csv.delimiter must be one character."
  }

  validation {
    condition = alltrue([for contract in values(var.contracts) :
      length(contract.csv.quote_symbol) == 1 && contract.csv.quote_symbol != contract.csv.delimiter
    ])
    error_message = "contracts.csv.quote_symbol must be one character, and not the delimiter."
  }
}

variable "crawl" {
  description = "Which folders a crawl visits, which files it leaves out (the job reads them anyway), and what it does to the table when files have changed or disappeared."
  type = object({
    delete_behavior  = optional(string, "DEPRECATE_IN_DATABASE")
    exclusions       = optional(list(string), [])
    recrawl_behavior = optional(string, "CRAWL_EVERYTHING")
    update_behavior  = optional(string, "UPDATE_IN_DATABASE")
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["CRAWL_EVERYTHING", "CRAWL_NEW_FOLDERS_ONLY"], var.crawl.recrawl_behavior)
    error_message = "crawl.recrawl_behavior must be CRAWL_EVERYTHING or CRAWL_NEW_FOLDERS_ONLY."
  }

  validation {
    condition     = contains(["DELETE_FROM_DATABASE", "DEPRECATE_IN_DATABASE", "LOG"], var.crawl.delete_behavior)
    error_message = "crawl.delete_behavior must be DELETE_FROM_DATABASE, DEPRECATE_IN_DATABASE or LOG."
  }

  validation {
    condition     = contains(["LOG", "UPDATE_IN_DATABASE"], var.crawl.update_behavior)
    error_message = "crawl.update_behavior must be LOG or UPDATE_IN_DATABASE."
  }

  validation {
    condition     = var.crawl.recrawl_behavior == "CRAWL_EVERYTHING" || (var.crawl.delete_behavior == "LOG" && var.crawl.update_behavior == "LOG")
    error_message = "crawl.recrawl_behavior CRAWL_NEW_FOLDERS_ONLY needs LOG for both delete_behavior and update_behavior."
  }
}

variable "lake" {
  description = "Bucket that holds the raw files, the key that encrypts it, and the Glue security configuration, which must encrypt logs with a key: the names of the log groups follow from it. The key's policy must let CloudWatch Logs encrypt the crawlers' groups, as that of data-lake's key does."
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
  description = "How long CloudWatch keeps the crawler's log."
  type        = number
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a retention period that CloudWatch Logs supports, such as 7, 30, 90, 365 or 731."
  }
}

variable "network" {
  description = "Private network that crawlers and jobs run in: the security groups of their network interfaces, and a subnet by availability zone. One of the groups must let its members reach each other on all TCP ports, as Glue requires. Null runs them on Glue's own network. See modules/private-network."
  type = object({
    security_group_ids = list(string)
    subnets            = map(string)
  })
  default = null

  validation {
    condition     = var.network == null ? true : length(var.network.security_group_ids) > 0 && length(var.network.subnets) > 0
    error_message = "network must have at least one security group and one subnet."
  }

  validation {
    condition     = var.network == null ? true : alltrue([for zone in keys(var.network.subnets) : can(regex("^${var.account.region}[a-z]$", zone))])
    error_message = "network.subnets must be keyed by availability zones of ${var.account.region}, such as ${var.account.region}a."
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
  description = "ARNs of IAM policies attached to the crawlers' roles in addition to their own, by names of your choice, which a plan must know. An apply detaches all others."
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

variable "targets" {
  description = "Other targets of a dataset's crawler, by dataset: tables behind JDBC connections, in addition to the raw files; or tables of the catalog, instead of them. You create the connections, and pass the policies that let the role read through them as policy_arns."
  type = map(object({
    catalog = optional(object({
      connection = optional(string)
      database   = string
      tables     = list(string)
    }))
    jdbc = optional(list(object({
      connection = string
      exclusions = optional(list(string), [])
      path       = string
    })), [])
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for dataset in keys(var.targets) : contains(keys(var.contracts), dataset)])
    error_message = "The keys of targets must be datasets of contracts."
  }

  validation {
    condition     = alltrue([for targets in values(var.targets) : targets.catalog != null || length(targets.jdbc) > 0])
    error_message = "targets must name catalog or jdbc for each of its datasets. Leave out a dataset of which only the raw files are crawled."
  }

  validation {
    condition     = alltrue([for targets in values(var.targets) : targets.catalog == null || length(targets.jdbc) == 0])
    error_message = "targets.catalog and targets.jdbc exclude each other: a crawler of catalog tables can have no other targets."
  }

  validation {
    condition     = length(var.targets) == 0 || var.crawl.recrawl_behavior == "CRAWL_EVERYTHING"
    error_message = "targets must be empty with a crawl.recrawl_behavior of CRAWL_NEW_FOLDERS_ONLY, which Glue takes for crawlers of S3 alone."
  }

  validation {
    condition     = alltrue([for targets in values(var.targets) : targets.catalog == null ? true : length(targets.catalog.tables) > 0])
    error_message = "targets.catalog.tables must name at least one table."
  }

  validation {
    condition = alltrue(flatten([for targets in values(var.targets) : [
      for name in concat(targets.jdbc[*].connection, targets.catalog == null ? [] : concat(targets.catalog.tables, compact([targets.catalog.connection, targets.catalog.database]))) : can(regex("^[^*?]+$", name))
    ]]))
    error_message = "targets must name connections, databases and tables without wildcards: the crawler's role may use each of them."
  }
}
