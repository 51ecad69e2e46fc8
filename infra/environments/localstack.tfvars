# LocalStack on this machine. AWS_ENDPOINT_URL says where it listens.
environment = "localstack"
prefix      = "quartal-localstack"
region      = "us-east-1"
contracts   = { vehicle_sightings = {} }

provider_settings = {
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}

# No lifecycle rules: the stack lives for hours, and the provider waits a minute for them.
lake = {
  force_destroy            = true
  key_deletion_window_days = 7
}

alerting = {}

athena = {}

job = {
  max_retries       = 0
  number_of_workers = 2
  timeout_minutes   = 30
}

log_retention_days = 7

schedule = {
  ml_run         = { first_month = 1, day = 15 }
  lead_time_days = 7
}
