variable "access_log" {
  description = "Bucket that receives the server access log (by default one of the lake's own, which keeps it for retention_days), and the log's prefix there (by default the lake's name). A bucket of your own must be in the same account and region, not encrypted with a KMS key, and have a policy that lets logging.s3.amazonaws.com write. Null writes no log."
  type = object({
    bucket = optional(object({
      name = string
    }))
    prefix         = optional(string)
    retention_days = optional(number, 365)
  })
  default = null

  validation {
    condition     = var.access_log == null ? true : var.access_log.retention_days >= 1 && floor(var.access_log.retention_days) == var.access_log.retention_days
    error_message = "access_log.retention_days must be a whole number of days, at least 1."
  }
}

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

variable "bucket" {
  description = "Name of the bucket (by default prefix, account and region), whether S3 notifies EventBridge about its objects, and whether a destroy may delete the objects too."
  type = object({
    events        = optional(bool, false)
    force_destroy = optional(bool, false)
    name          = optional(string)
  })
  default  = {}
  nullable = false
}

variable "key" {
  description = "How many days a deleted key can still be restored; or a key of your own to use instead, whose policy must then contain what the output key_policy contains."
  type = object({
    deletion_window_days = optional(number, 30)
    own = optional(object({
      arn = string
    }))
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.key.deletion_window_days >= 7 && var.key.deletion_window_days <= 30
    error_message = "key.deletion_window_days must be between 7 and 30."
  }

  validation {
    condition     = var.key.own == null ? true : can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.key.own.arn))
    error_message = "key.own.arn must be the ARN of a KMS key, such as arn:aws:kms:eu-central-1:123456789012:key/..., and not of an alias: a policy that names an alias allows nothing."
  }

  validation {
    condition     = try(split(":", var.key.own.arn)[3] == var.account.region, true)
    error_message = "key.own.arn must be a key in account.region: AWS encrypts with keys of the same region only. Of a multi-Region key, name the replica there."
  }
}

variable "lifecycle_rules" {
  description = "What happens to objects under a prefix as they age, by name of the rule. Empty keeps them."
  type = map(object({
    abort_multipart_days       = optional(number, 7)
    expiration_days            = optional(number)
    noncurrent_expiration_days = optional(number)
    prefix                     = string
    transitions                = optional(map(number), {})
  }))
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for rule in values(var.lifecycle_rules) : alltrue([
        for class in keys(rule.transitions) :
        contains(["DEEP_ARCHIVE", "GLACIER", "GLACIER_IR", "INTELLIGENT_TIERING", "ONEZONE_IA", "STANDARD_IA"], class)
      ])
    ])
    error_message = "lifecycle_rules.transitions must name S3 storage classes: DEEP_ARCHIVE, GLACIER, GLACIER_IR, INTELLIGENT_TIERING, ONEZONE_IA or STANDARD_IA."
  }

  validation {
    condition = alltrue([
      for rule in values(var.lifecycle_rules) :
      rule.expiration_days == null ? true : alltrue([for days in values(rule.transitions) : days < rule.expiration_days])
    ])
    error_message = "lifecycle_rules must move objects to another class before they expire."
  }

  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
  validation {
    condition = alltrue([
      for rule in values(var.lifecycle_rules) : alltrue([
        for class, days in rule.transitions : days >= (contains(["ONEZONE_IA", "STANDARD_IA"], class) ? 30 : 0) && floor(days) == days
      ])
    ])
    error_message = "lifecycle_rules.transitions must be whole numbers of days; S3 moves no object to STANDARD_IA or ONEZONE_IA before it is 30 days old."
  }

  validation {
    condition = alltrue(flatten([
      for order in [["STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"]] : [
        for rule in values(var.lifecycle_rules) : [
          for i, class in order : [for j, next in order : i >= j || try(rule.transitions[class] < rule.transitions[next], true)]
        ]
      ]
    ]))
    error_message = "lifecycle_rules.transitions must follow the only order in which S3 moves objects: STANDARD_IA, INTELLIGENT_TIERING, ONEZONE_IA, GLACIER_IR, GLACIER, DEEP_ARCHIVE, each with more days than the one before."
  }

  validation {
    condition = alltrue(flatten([
      for class in ["ONEZONE_IA", "STANDARD_IA"] : [
        for rule in values(var.lifecycle_rules) : [
          for next, days in rule.transitions : try(days <= rule.transitions[class] || days - rule.transitions[class] >= 30, true)
        ]
      ]
    ]))
    error_message = "lifecycle_rules.transitions must leave objects in STANDARD_IA and ONEZONE_IA for at least 30 days, such as { STANDARD_IA = 60, GLACIER_IR = 90 }: S3 takes no shorter stay."
  }

  validation {
    condition = alltrue(flatten([
      for rule in values(var.lifecycle_rules) : [
        for days in [rule.abort_multipart_days, rule.expiration_days, rule.noncurrent_expiration_days] : days == null ? true : days >= 1 && floor(days) == days
      ]
    ]))
    error_message = "abort_multipart_days, expiration_days and noncurrent_expiration_days of lifecycle_rules must be whole numbers of days, at least 1."
  }

  # A rule applies to a folder if its prefix is inside the folder, or the folder inside its prefix.
  validation {
    condition = alltrue([
      for rule in values(var.lifecycle_rules) : rule.expiration_days == null
      if anytrue([for folder in ["code/", "curated/", "deliveries/", "features/", "manifests/", "raw/", "runs/"] : startswith(rule.prefix, folder) || startswith(folder, rule.prefix)])
    ])
    error_message = "lifecycle_rules must not expire raw files, tables, manifests, the job's code or the records of uploads. Rules for raw/, curated/, features/, runs/, manifests/, code/, deliveries/, a folder below them, or the whole bucket must have no expiration_days. All tables are computed from the raw files, a table that lost a file, even an old one, can no longer be read, and a job without its code fails. Use transitions to move raw files to a cheaper class, `quartal maintenance` to delete files that no table uses, and expiration_days for each of the other prefixes."
  }

  validation {
    condition = alltrue([
      for rule in values(var.lifecycle_rules) : length(setintersection(keys(rule.transitions), ["DEEP_ARCHIVE", "GLACIER"])) == 0
      if anytrue([for folder in ["code/", "curated/", "deliveries/", "features/", "manifests/", "raw/", "runs/"] : startswith(rule.prefix, folder) || startswith(folder, rule.prefix)])
    ])
    error_message = "lifecycle_rules must not move raw files, tables, manifests, the job's code or the records of uploads to GLACIER or DEEP_ARCHIVE (rules for raw/, curated/, features/, runs/, manifests/, code/, deliveries/, a folder below them, or the whole bucket). In these classes, a file must be restored before crawler, job and readers can read it. Use GLACIER_IR: it is cheap too, and its files can be read at once."
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

variable "policy_statements" {
  description = "Statements of the bucket policy in addition to the lake's own, by Sid: who (identifiers by type of principal) may do what on which paths. A statement without paths applies to the bucket itself."
  type = map(object({
    actions = set(string)
    conditions = optional(list(object({
      test     = string
      values   = set(string)
      variable = string
    })), [])
    effect     = optional(string, "Allow")
    paths      = optional(set(string), [])
    principals = map(set(string))
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for sid in keys(var.policy_statements) : can(regex("^[A-Za-z0-9]+$", sid)) && !contains(["DenyOtherEncryption", "DenyOtherKey", "DenyTlsBefore12", "DenyWithoutTls"], sid)])
    error_message = "The keys of policy_statements must be letters and digits, and must not be a Sid of the lake's own statements: DenyOtherEncryption, DenyOtherKey, DenyTlsBefore12, DenyWithoutTls."
  }

  validation {
    condition     = alltrue([for statement in values(var.policy_statements) : contains(["Allow", "Deny"], statement.effect)])
    error_message = "policy_statements.effect must be Allow or Deny."
  }

  validation {
    condition = alltrue([
      for statement in values(var.policy_statements) : length(statement.actions) > 0 && length(statement.principals) > 0 && alltrue([for identifiers in values(statement.principals) : length(identifiers) > 0])
    ])
    error_message = "policy_statements must each have actions, and principals with at least one identifier each."
  }

  validation {
    condition     = alltrue(flatten([for statement in values(var.policy_statements) : [for action in statement.actions : can(regex("^([Ss]3:.+|[*])$", action))]]))
    error_message = "policy_statements.actions must be actions of S3, such as s3:GetObject: S3 takes no others in a bucket's policy."
  }

  validation {
    condition     = alltrue(flatten([for statement in values(var.policy_statements) : [for path in statement.paths : can(regex("^[^/]", path)) && !startswith(path, "arn:")]]))
    error_message = "policy_statements.paths must be paths in the bucket, such as features/*, that do not begin with a slash, and no ARNs: anything else names no object."
  }

  validation {
    condition = alltrue(flatten([for statement in values(var.policy_statements) : [
      for type, identifiers in statement.principals : contains(["*", "AWS", "CanonicalUser", "Federated", "Service"], type) && alltrue([for name in identifiers : name == "*" || !strcontains(name, "*")])
    ]]))
    error_message = "policy_statements.principals must be keyed by AWS, CanonicalUser, Federated or Service, or \"*\" for everybody in a Deny, and name each one in full: S3 takes no wildcard in a name."
  }

  validation {
    condition     = alltrue([for statement in values(var.policy_statements) : statement.effect == "Deny" || !anytrue([for identifiers in values(statement.principals) : contains(identifiers, "*")])])
    error_message = "policy_statements must not allow anything to everybody (\"*\"). Name accounts, roles or services."
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

variable "replication" {
  description = "Bucket, with versioning enabled, that S3 copies new objects to: its account if it belongs to another one, the key there, the prefixes that are copied, and the storage class of the copies. Null copies nothing."
  type = object({
    account_id    = optional(string)
    bucket_arn    = string
    key_arn       = string
    prefixes      = optional(set(string), ["raw/"])
    storage_class = optional(string, "STANDARD")
  })
  default = null

  validation {
    condition     = var.replication == null ? true : can(regex("^arn:${var.account.partition}:s3:::[a-z0-9.-]+$", var.replication.bucket_arn)) && can(regex("^arn:${var.account.partition}:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.replication.key_arn))
    error_message = "replication must name a bucket and a key by their ARNs in the partition of account, such as arn:${var.account.partition}:s3:::the-copy and arn:${var.account.partition}:kms:<region>:123456789012:key/..., and the key by no alias."
  }

  validation {
    condition = var.replication == null ? true : length(var.replication.prefixes) > 0 && alltrue(flatten([
      for prefix in var.replication.prefixes : [for other in var.replication.prefixes : prefix == other || !startswith(other, prefix)]
    ]))
    error_message = "replication.prefixes must name at least one prefix, and none that begins with another: each object is copied by one rule."
  }

  validation {
    condition     = var.replication == null ? true : contains(["GLACIER_IR", "INTELLIGENT_TIERING", "ONEZONE_IA", "STANDARD", "STANDARD_IA"], var.replication.storage_class)
    error_message = "replication.storage_class must be one that can be read at once: STANDARD, STANDARD_IA, ONEZONE_IA, INTELLIGENT_TIERING or GLACIER_IR."
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
