# What the module plans. The provider is the real one with dummy keys, so that policy documents are really computed;
# nothing is applied and nothing is asked of AWS.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  account        = { id = "123456789012", region = "eu-central-1" }
  database       = "quartal_test"
  lake           = { bucket = "my-lake", key_arn = "arn:aws:kms:eu-central-1:123456789012:key/0000" }
  manifests      = { toll_bookings = { prefix = "exports/toll_bookings/" } }
  owners         = ["arn:aws:quicksight:eu-central-1:123456789012:group/default/owners"]
  prefix         = "quartal-test"
  readers        = ["arn:aws:quicksight:eu-central-1:123456789012:group/default/analysts", "arn:aws:quicksight:eu-central-1:123456789012:group/default/owners"]
  results_prefix = "athena-results/quartal-test/"
  workgroup      = "quartal-test"

  data_sets = {
    features = {
      columns = [{ name = "plate", type = "STRING" }, { name = "day", type = "DATETIME" }]
      sql     = "SELECT plate, day FROM quartal_test.toll_bookings_features"
    }
  }
}

run "plans_what_the_variables_above_say" {
  command = plan

  # shows what athena answers
  assert {
    condition     = aws_quicksight_data_source.athena.type == "ATHENA" && aws_quicksight_data_source.athena.parameters[0].athena[0].work_group == "quartal-test"
    error_message = "The data source does not ask through the workgroup."
  }

  assert {
    condition = alltrue([for table in aws_quicksight_data_set.this["features"].physical_table_map :
      join(",", [for column in table.custom_sql[0].columns : "${column.name} ${column.type}"]) == "plate STRING,day DATETIME"
    ]) && aws_quicksight_data_set.this["features"].import_mode == "SPICE"
    error_message = "The data set has other columns, or is not kept in SPICE."
  }

  # who owns also reads; one entry per principal, because QuickSight refuses two
  assert {
    condition = { for permission in aws_quicksight_data_set.this["features"].permissions : permission.principal => contains(permission.actions, "quicksight:DeleteDataSet") } == {
      "arn:aws:quicksight:eu-central-1:123456789012:group/default/analysts" = false
      "arn:aws:quicksight:eu-central-1:123456789012:group/default/owners"   = true
    }
    error_message = "A reader may change the data set, or an owner may not."
  }

  # names a folder in the manifest
  assert {
    condition     = output.manifest_uris == { toll_bookings = "s3://my-lake/manifests/quicksight/toll_bookings.json" }
    error_message = "The manifest lies elsewhere."
  }

  assert {
    condition     = aws_s3_object.manifest["toll_bookings"].tags == null && length(aws_s3_object.manifest["toll_bookings"].override_provider) == 1
    error_message = "The manifest has tags, also those of a provider, of which an object takes fewer than everything else."
  }

  assert {
    condition = jsonencode(jsondecode(aws_s3_object.manifest["toll_bookings"].content)) == jsonencode({
      fileLocations        = [{ URIPrefixes = ["s3://my-lake/exports/toll_bookings/"] }]
      globalUploadSettings = { containsHeader = "true", delimiter = ",", format = "CSV", textqualifier = "\"" }
    })
    error_message = "The manifest is not one that QuickSight reads, or names single files: ${aws_s3_object.manifest["toll_bookings"].content}"
  }

  # reads tables and keeps answers and nothing else
  assert {
    condition = jsondecode(data.aws_iam_policy_document.tables.json).Statement[0].Resource == [
      "arn:aws:s3:::my-lake/quarantine/*", "arn:aws:s3:::my-lake/manifests/quicksight/*", "arn:aws:s3:::my-lake/features/*",
      "arn:aws:s3:::my-lake/exports/toll_bookings/*", "arn:aws:s3:::my-lake/curated/*",
    ]
    error_message = "QuickSight reads other folders: ${jsonencode(jsondecode(data.aws_iam_policy_document.tables.json).Statement[0].Resource)}"
  }

  assert {
    condition     = jsondecode(data.aws_iam_policy_document.answers.json).Statement[0].Resource == "arn:aws:s3:::my-lake/athena-results/quartal-test/*"
    error_message = "QuickSight may write elsewhere than where answers are kept."
  }

  assert {
    condition     = jsondecode(data.aws_iam_policy_document.answers.json).Statement[1].Resource == "arn:aws:athena:eu-central-1:123456789012:workgroup/quartal-test"
    error_message = "QuickSight may ask through another workgroup."
  }
}

run "rejects_more_folders_than_a_role_can_name" {
  command         = plan
  expect_failures = [aws_iam_role_policy.tables]

  variables {
    readable_prefixes = [for number in range(100) : "curated/orders_of_a_quarter_${number}/"]
  }
}
