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

variable "cidr_block" {
  description = "IPv4 addresses of the network, from a private range that overlaps with no network that it will ever be connected to."
  type        = string
  nullable    = false

  validation {
    condition     = can(cidrnetmask(var.cidr_block)) && try(tonumber(split("/", var.cidr_block)[1]) >= 16 && tonumber(split("/", var.cidr_block)[1]) <= 28, false)
    error_message = "cidr_block must be a block of IPv4 addresses from /16 to /28, such as 10.20.0.0/24."
  }
}

variable "key_arn" {
  description = "ARN of the key that encrypts the flow log: the lake's, which encrypts log groups under /aws-glue/jobs/<prefix>-."
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

variable "log_retention_days" {
  description = "How long CloudWatch keeps the flow log."
  type        = number
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a retention period that CloudWatch Logs supports, such as 7, 30, 90, 365 or 731."
  }
}

variable "permissions_boundary" {
  description = "ARN of the IAM policy that limits what the flow log's role may do, whatever its own policy allows. Null sets no limit. See modules/deployer."
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

variable "services" {
  description = "Services other than S3 that get an endpoint, by the end of the endpoint's name, such as kinesis-streams of com.amazonaws.eu-central-1.kinesis-streams. The job calls events, glue and monitoring; Glue itself calls logs and, where it encrypts or assumes the role from within the network, kms and sts."
  type        = set(string)
  default     = ["events", "glue", "kms", "logs", "monitoring", "sts"]
  nullable    = false

  validation {
    condition     = alltrue([for service in ["events", "glue", "logs", "monitoring"] : contains(var.services, service)])
    error_message = "services must contain events, glue, logs and monitoring: no run of the job succeeds without them."
  }

  validation {
    condition     = alltrue([for service in var.services : can(regex("^[a-z0-9]+([.-][a-z0-9]+)*$", service)) && !strcontains(service, "amazonaws")])
    error_message = "services must be the endpoints' names without what stands before the service, such as kinesis-streams of com.amazonaws.eu-central-1.kinesis-streams."
  }
}

variable "subnets" {
  description = "Addresses of the private subnets, by availability zone. A subnet needs an address for each worker of concurrent runs, and one for each endpoint; AWS reserves five."
  type        = map(string)
  nullable    = false

  validation {
    condition     = length(var.subnets) >= 2
    error_message = "subnets must be in at least two zones, so that a run can use another zone if one fails."
  }

  validation {
    condition     = alltrue([for zone in keys(var.subnets) : can(regex("^${var.account.region}[a-z]$", zone))])
    error_message = "subnets must be keyed by availability zones of ${var.account.region}, such as ${var.account.region}a."
  }

  validation {
    condition     = alltrue([for block in values(var.subnets) : can(cidrnetmask(block))])
    error_message = "subnets must be blocks of IPv4 addresses, such as 10.20.0.0/25 and 10.20.0.128/25."
  }

  # The block of the network that contains a subnet's first address has the same first address as the network itself.
  validation {
    condition = try(alltrue(flatten([
      for block in values(var.subnets) : [
        tonumber(split("/", block)[1]) >= tonumber(split("/", var.cidr_block)[1]) && tonumber(split("/", block)[1]) <= 28,
        cidrhost("${cidrhost(block, 0)}/${split("/", var.cidr_block)[1]}", 0) == cidrhost(var.cidr_block, 0),
      ]
    ])), true)
    error_message = "subnets must be parts of cidr_block, none smaller than a /28."
  }

  # Two blocks overlap if the larger one contains the first address of the smaller one.
  validation {
    condition = try(alltrue(flatten([
      for zone, block in var.subnets : [
        for other, beside in var.subnets : zone == other || length(distinct([
          for each in [block, beside] : cidrhost("${cidrhost(each, 0)}/${min(split("/", block)[1], split("/", beside)[1])}", 0)
        ])) == 2
      ]
    ])), true)
    error_message = "subnets must not share addresses: give each zone a block of its own, such as 10.20.0.0/25 and 10.20.0.128/25."
  }
}

variable "tags" {
  description = "Tags for every resource that supports them."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = length(merge(var.tags, { Name = "" })) <= 50 && alltrue([for key, value in var.tags : can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{1,128}$", key)) && !startswith(lower(key), "aws:") && can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{0,256}$", value))])
    error_message = "tags must be at most 50 with Name, which the module adds; with keys of 1 to 128 and values of at most 256 letters, digits, spaces and _ . : / = + - @; keys that begin with aws: are reserved."
  }

  validation {
    condition     = length(distinct([for key in keys(var.tags) : lower(key)])) == length(var.tags)
    error_message = "tags must not have keys that differ only in case, such as Team and team: IAM takes them for one key, and refuses to create a role with both."
  }
}
