variable "bucket" {
  description = "Name of the bucket."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.bucket)) && !can(regex("[.][.]|^[0-9]+[.][0-9]+[.][0-9]+[.][0-9]+$|^(xn--|sthree-|amzn-s3-demo-)|(-s3alias|--ol-s3|[.]mrap|--x-s3|--table-s3)$", var.bucket))
    error_message = "S3 does not allow the bucket name \"${var.bucket}\": use 3 to 63 lower-case letters, digits, single dots and hyphens, no IP address and no beginning or end that S3 reserves."
  }
}

variable "region" {
  description = "AWS region of the bucket."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be an AWS region such as eu-central-1."
  }
}

variable "s3_use_path_style" {
  description = "Whether S3 requests name the bucket in the path, for endpoints other than AWS's."
  type        = bool
  default     = false
  nullable    = false
}
