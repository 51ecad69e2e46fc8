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
  datasets       = ["toll_bookings"]
  lake           = { bucket = "my-lake", key_arn = "arn:aws:kms:eu-central-1:123456789012:key/0000" }
  prefix         = "quartal-test"
  readers        = { trusted_principals = ["arn:aws:iam::123456789012:role/analysts"] }
  results_prefix = "athena-results/quartal-test/"
  workgroup      = "quartal-test"
}

run "plans_what_the_variables_above_say" {
  command = plan

  # lets only the named take the role
  assert {
    condition     = jsondecode(aws_iam_role.reader.assume_role_policy).Statement[0].Principal == { AWS = "arn:aws:iam::123456789012:role/analysts" }
    error_message = "Somebody else may take the role."
  }

  # reads the published tables and writes nothing but answers
  assert {
    condition = jsondecode(aws_iam_role_policy.tables.policy).Statement[0] == {
      Sid      = "ReadTables"
      Effect   = "Allow"
      Action   = "s3:GetObject"
      Resource = [for zone in ["quarantine", "features", "curated"] : "arn:aws:s3:::my-lake/${zone}/toll_bookings/*"]
    }
    error_message = "A reader reads other files than those of the published tables: ${aws_iam_role_policy.tables.policy}"
  }

  assert {
    condition = flatten([
      for policy in [aws_iam_role_policy.answers, aws_iam_role_policy.catalog, aws_iam_role_policy.key, aws_iam_role_policy.tables] :
      [for statement in jsondecode(policy.policy).Statement : statement.Resource if length(regexall("Put|Abort", jsonencode(statement.Action))) > 0]
    ]) == ["arn:aws:s3:::my-lake/athena-results/quartal-test/*"]
    error_message = "A reader may write somewhere else than to the answers."
  }

  assert {
    condition = toset(jsondecode(aws_iam_role_policy.catalog.policy).Statement[0].Resource) == toset([
      "arn:aws:glue:eu-central-1:123456789012:catalog",
      "arn:aws:glue:eu-central-1:123456789012:database/quartal_test",
      "arn:aws:glue:eu-central-1:123456789012:table/quartal_test/toll_bookings_curated",
      "arn:aws:glue:eu-central-1:123456789012:table/quartal_test/toll_bookings_features",
      "arn:aws:glue:eu-central-1:123456789012:table/quartal_test/toll_bookings_quarantine",
    ])
    error_message = "A reader sees other tables than the published ones."
  }

  assert {
    condition     = length(regexall("\"\\*\"|:\\*\"", join("", [for policy in [aws_iam_role_policy.answers, aws_iam_role_policy.catalog, aws_iam_role_policy.key, aws_iam_role_policy.tables] : policy.policy]))) == 0
    error_message = "Something is allowed for everything."
  }
}

run "rejects_more_datasets_than_a_role_can_name" {
  command         = plan
  expect_failures = [aws_iam_role.reader]

  variables {
    datasets = [for number in range(20) : "orders_of_quarter_${number}"]
  }
}
