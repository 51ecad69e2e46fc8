variable "bucket" {
  description = "Name of the bucket."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "bucket must be 3 to 63 lower-case letters, digits, dots and hyphens."
  }
}

variable "region" {
  description = "AWS region of the bucket."
  type        = string
  nullable    = false
}

variable "s3_use_path_style" {
  description = "Whether S3 requests name the bucket in the path, for endpoints other than AWS's."
  type        = bool
  default     = false
  nullable    = false
}
