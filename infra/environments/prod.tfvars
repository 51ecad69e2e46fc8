environment = "prod"
prefix      = "quartal-prod"
region      = "eu-central-1"
contracts   = { vehicle_sightings = {} }

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

alerting = {}

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
  time_zone      = { name = "Europe/Berlin", utc_offset = "+01:00", summer_time = "eu" }
}
