# Every aws_glue_* resource type that the provider has, and the stored-only types around them, in one root. The test
# applies it with revision 1, then with revision 2, and reads back through boto3 what that changed.
terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

provider "aws" {
  # apart from what else lives in this LocalStack: an account has one resource policy and one catalog's settings a region
  region                      = "eu-west-1"
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}

variable "prefix" {
  description = "Begins every name, so that runs meet neither each other nor anything else."
  type        = string
}

variable "revision" {
  description = "1, or 2 for the change in place."
  type        = number
}

locals {
  is_changed  = var.revision == 2
  description = "revision ${var.revision}"
  tags        = { revision = tostring(var.revision) }
  # names that Hive and Athena take
  identifier = replace(var.prefix, "-", "_")
}

data "aws_caller_identity" "this" {}
