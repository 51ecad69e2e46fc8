# What the module plans. The provider is the real one with dummy keys; nothing is applied and nothing is asked of AWS.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  account  = { id = "123456789012", region = "eu-central-1" }
  database = "quartal_test"
  feeds    = { toll_bookings = { count_column = "bookings", entity = ["plate", "gate"] } }
  lake     = { bucket = "my-lake", key_arn = "arn:aws:kms:eu-central-1:123456789012:key/0000" }
  prefix   = "quartal-test"
}

run "limits_and_encrypts_whatever_a_client_asks_for" {
  command = plan

  variables {
    scan_limit_gib = 2
  }

  assert {
    condition = alltrue([for configuration in aws_athena_workgroup.this.configuration :
      configuration.enforce_workgroup_configuration
      && configuration.bytes_scanned_cutoff_per_query == 2147483648
      && configuration.result_configuration[0].encryption_configuration[0].encryption_option == "SSE_KMS"
      && configuration.result_configuration[0].encryption_configuration[0].kms_key_arn == var.lake.key_arn
      && configuration.result_configuration[0].expected_bucket_owner == "123456789012"
      && configuration.result_configuration[0].output_location == "s3://my-lake/athena-results/quartal-test/"
    ])
    error_message = "A client could read without limit, or leave an answer elsewhere or unencrypted."
  }

  assert {
    condition     = output.workgroup == "quartal-test" && output.results_prefix == "athena-results/quartal-test/"
    error_message = "The outputs do not name the workgroup and its answers."
  }
}

run "asks_for_features_and_quality_of_each_feed" {
  command = plan

  variables {
    queries = { mine = { description = "My own", sql = "SELECT 1" } }
  }

  assert {
    condition = { for key, query in aws_athena_named_query.this : key => query.name } == {
      "mine"                                  = "mine"
      "toll_bookings/features-as-of-quarters" = "toll_bookings-features-as-of-quarters"
      "toll_bookings/features-latest-quarter" = "toll_bookings-features-latest-quarter"
      "toll_bookings/features-per-quarter"    = "toll_bookings-features-per-quarter"
      "toll_bookings/quality-by-delivery"     = "toll_bookings-quality-by-delivery"
      "toll_bookings/quality-by-rule"         = "toll_bookings-quality-by-rule"
    }
    error_message = "The named queries are others."
  }

  assert {
    condition     = strcontains(aws_athena_named_query.this["toll_bookings/features-latest-quarter"].query, "ORDER BY \"day\", \"plate\", \"gate\"")
    error_message = "The query does not know the feed's entity."
  }

  assert {
    condition     = alltrue([for query in values(aws_athena_named_query.this) : query.database == "quartal_test" && !strcontains(query.query, "$${")])
    error_message = "A query asks another database, or was not filled in."
  }
}

run "orders_a_single_series_by_its_days" {
  command = plan

  variables {
    feeds = { weather = { count_column = "events", entity = [] } }
  }

  assert {
    condition     = endswith(trimspace(aws_athena_named_query.this["weather/features-latest-quarter"].query), "ORDER BY \"day\"")
    error_message = "A feed without an entity has nothing but its days to be ordered by."
  }
}
