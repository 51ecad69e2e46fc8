# Only the job, on an existing bucket, key and database. The raw table must be in the database under the dataset's name, and the
# files under raw/orders/ of the bucket.

variable "bucket" {
  description = "Name of the bucket that holds raw/orders/ and receives what the job publishes."
  type        = string
  default     = "my-lake"
  nullable    = false
}

variable "key_arn" {
  description = "ARN of the key that encrypts the bucket."
  type        = string
  default     = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  nullable    = false
}

module "job" {
  source = "../../modules/glue-job"

  account            = local.account
  database           = "sales"
  dataset            = "orders"
  job                = { number_of_workers = 4 }
  log_retention_days = 400
  prefix             = "sales"
  workflow           = "nightly"

  artifacts = {
    contract = "artifacts/contracts/orders.yaml"
    package  = "artifacts/etl_job.zip"
    script   = "artifacts/main.py"
  }

  lake = {
    bucket                 = var.bucket
    key_arn                = var.key_arn
    security_configuration = "my-security-configuration"
  }
}

output "job" {
  description = "Name of the job, for a trigger or a scheduler of your own."
  value       = module.job.job
}
