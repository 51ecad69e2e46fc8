variable "account" {
  description = "Account, partition and region that policies are built from."
  type = object({
    id        = string
    partition = optional(string, "aws")
    region    = string
  })
  nullable = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account.id))
    error_message = "account.id must be the twelve-digit id of an AWS account."
  }
}

variable "connections" {
  description = "Names of the Glue connections that the role may read."
  type        = list(string)
  nullable    = false
}
