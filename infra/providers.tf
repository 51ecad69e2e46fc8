# The endpoint comes from the environment (AWS_ENDPOINT_URL), so nothing here or in a module knows where it deploys to.
provider "aws" {
  region = var.region

  allowed_account_ids         = var.provider_settings.allowed_account_ids
  s3_use_path_style           = var.provider_settings.s3_use_path_style
  skip_credentials_validation = var.provider_settings.skip_credentials_validation
  skip_metadata_api_check     = var.provider_settings.skip_metadata_api_check
  skip_region_validation      = var.provider_settings.skip_region_validation
}

data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

locals {
  account = {
    id        = data.aws_caller_identity.this.account_id
    partition = data.aws_partition.this.partition
    region    = var.region
  }
}
