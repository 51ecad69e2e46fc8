environment = "prod"
prefix      = "quartal-prod"
region      = "eu-central-1"
contracts   = { vehicle_sightings = { duration_limit_minutes = 180 } } # an hour is left until the job's own timeout

# Put the id of this environment's account here: in any other account, Terraform stops before it calls anything else.
provider_settings = { allowed_account_ids = ["000000000000"] }

lake = {
  access_log = { retention_days = 365 }

  lifecycle_rules = {
    everything = { prefix = "", noncurrent_expiration_days = 90 }
    raw        = { prefix = "raw/", transitions = { STANDARD_IA = 120, GLACIER_IR = 400 } }
    quarantine = { prefix = "quarantine/", expiration_days = 730 }
    answers    = { prefix = "athena-results/", expiration_days = 30 }
    tmp        = { prefix = "tmp/", expiration_days = 7 }
  }
}

# Put the addresses for alerts here: the review blocks a plan for prod with an address at example.com. The budget covers resources
# with the pipeline's tag: a run of the largest job, the storage, and as much again.
alerting = {
  budget_usd = 100
  emails     = ["data-team@example.com"]
}

athena = { scan_limit_gib = 500 }

job = {
  max_retries       = 1
  number_of_workers = 20
  timeout_minutes   = 240
}

log_retention_days = 731

schedule = {
  ml_run         = { first_month = 1, day = 15 }
  lead_time_days = 7
  time_zone      = { name = "Europe/Berlin" }
}
