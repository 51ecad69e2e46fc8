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
  account     = { id = "123456789012", region = "eu-central-1" }
  connections = ["quartal-test-eu-central-1a"]
}

run "lets_glue_join_a_network_through_these_connections" {
  command = plan

  assert {
    condition     = one([for statement in jsondecode(output.policy).Statement : statement.Resource if statement.Sid == "ReadConnections"]) == ["arn:aws:glue:eu-central-1:123456789012:connection/quartal-test-eu-central-1a", "arn:aws:glue:eu-central-1:123456789012:catalog"]
    error_message = "Other connections may be read: ${output.policy}"
  }

  assert {
    condition     = one([for statement in jsondecode(output.policy).Statement : statement.Condition if statement.Sid == "MarkAsGlues"]) == { "ForAllValues:StringEquals" = { "aws:TagKeys" = "aws-glue-service-resource" } }
    error_message = "Other tags may be set: ${output.policy}"
  }
}

run "names_the_partition" {
  command = plan

  variables {
    account = { id = "123456789012", partition = "aws-cn", region = "cn-north-1" }
  }

  assert {
    condition     = alltrue(flatten([for statement in jsondecode(output.policy).Statement : [for arn in flatten([statement.Resource]) : arn == "*" || startswith(arn, "arn:aws-cn:")]]))
    error_message = "A resource is of another partition: ${output.policy}"
  }
}
