environment = "dev"
prefix      = "quartal-dev"
region      = "eu-central-1"
contracts   = { vehicle_sightings = {} }

# Put the id of this environment's account here: in any other account, Terraform stops before it calls anything else.
provider_settings = { allowed_account_ids = ["000000000000"] }

lake = {
  force_destroy            = true
  key_deletion_window_days = 7

  lifecycle_rules = {
    everything = { prefix = "", noncurrent_expiration_days = 14 }
    raw        = { prefix = "raw/", transitions = { STANDARD_IA = 120 } }
    quarantine = { prefix = "quarantine/", expiration_days = 90 }
    answers    = { prefix = "athena-results/", expiration_days = 7 }
    tmp        = { prefix = "tmp/", expiration_days = 3 }
  }
}

alerting = {}

athena = { scan_limit_gib = 20 }

job = {
  max_retries       = 0
  number_of_workers = 4
  timeout_minutes   = 60
}

log_retention_days = 30

schedule = {
  ml_run         = { first_month = 1, day = 15 }
  lead_time_days = 7
  time_zone      = { name = "Europe/Berlin" }
  enabled        = false # runs are started by hand: nobody waits for features of dev
}
