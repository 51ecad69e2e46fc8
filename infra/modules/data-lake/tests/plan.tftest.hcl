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
  account = { id = "123456789012", region = "eu-central-1" }
  prefix  = "quartal-test"
  tags    = { project = "quartal" }
}

run "protects_a_lake_of_the_least_input" {
  command = plan

  override_resource {
    target          = aws_kms_key.this
    override_during = plan
    values          = { arn = "arn:aws:kms:eu-central-1:123456789012:key/0000", key_id = "0000" }
  }

  assert {
    condition     = output.bucket == "quartal-test-123456789012-eu-central-1" && output.arn == "arn:aws:s3:::quartal-test-123456789012-eu-central-1"
    error_message = "The outputs do not name the bucket."
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls,
      aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls,
      aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "Public access is not blocked in all four ways."
  }

  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "The bucket keeps no old versions."
  }

  assert {
    condition     = aws_s3_bucket_ownership_controls.this.rule[0].object_ownership == "BucketOwnerEnforced"
    error_message = "Objects could belong to another account."
  }

  assert {
    condition = alltrue([for rule in aws_s3_bucket_server_side_encryption_configuration.this.rule :
      rule.bucket_key_enabled && rule.apply_server_side_encryption_by_default[0].sse_algorithm == "aws:kms"
      && rule.apply_server_side_encryption_by_default[0].kms_master_key_id == "arn:aws:kms:eu-central-1:123456789012:key/0000"
    ])
    error_message = "The bucket is not encrypted with its own key."
  }

  assert {
    condition     = aws_kms_key.this[0].enable_key_rotation && aws_kms_key.this[0].deletion_window_in_days == 30
    error_message = "The key does not rotate, or is gone too fast."
  }

  assert {
    condition     = aws_kms_alias.this[0].name == "alias/quartal-test-lake"
    error_message = "The key has no alias by the prefix."
  }

  assert {
    condition = [for statement in jsondecode(data.aws_iam_policy_document.bucket.json).Statement : "${statement.Effect} ${statement.Sid}"] == [
      "Deny DenyWithoutTls", "Deny DenyTlsBefore12", "Deny DenyOtherEncryption", "Deny DenyOtherKey",
    ]
    error_message = "The bucket policy does not deny plain HTTP, old TLS, other encryption and other keys."
  }

  assert {
    condition     = jsondecode(data.aws_iam_policy_document.bucket.json).Statement[0].Condition == { Bool = { "aws:SecureTransport" = "false" } }
    error_message = "The bucket policy lets plain HTTP through."
  }

  assert {
    condition = jsondecode(data.aws_iam_policy_document.bucket.json).Statement[3].Condition == {
      Null            = { "s3:x-amz-server-side-encryption-aws-kms-key-id" = "false" }
      StringNotEquals = { "s3:x-amz-server-side-encryption-aws-kms-key-id" = "arn:aws:kms:eu-central-1:123456789012:key/0000" }
    }
    error_message = "The bucket policy lets other keys through, or denies requests that name no key."
  }

  assert {
    condition = jsondecode(data.aws_iam_policy_document.key.json).Statement[1].Condition.ArnLike["kms:EncryptionContext:aws:logs:arn"] == [
      "arn:aws:logs:eu-central-1:123456789012:log-group:/aws-glue/jobs/quartal-test-*",
      "arn:aws:logs:eu-central-1:123456789012:log-group:/aws-glue/crawlers-role/quartal-test-*",
      "arn:aws:logs:eu-central-1:123456789012:log-group:/aws-glue/crawlers-role/*-quartal-test-lake",
    ]
    error_message = "CloudWatch Logs may use the key for other groups, or not for ours."
  }

  assert {
    condition = {
      for statement in jsondecode(data.aws_iam_policy_document.key.json).Statement : statement.Sid => try(statement.Condition.StringEquals, null)
      if endswith(statement.Sid, "EncryptTheirMessages")
    } == { AlertsEncryptTheirMessages = { "aws:SourceAccount" = "123456789012" }, EventsEncryptTheirMessages = null }
    error_message = "Alarms of other accounts may use the key, or EventBridge may not, whose requests have no account."
  }

  assert {
    condition = alltrue([for encryption in aws_glue_security_configuration.this.encryption_configuration :
      encryption.cloudwatch_encryption[0].cloudwatch_encryption_mode == "SSE-KMS"
      && encryption.job_bookmarks_encryption[0].job_bookmarks_encryption_mode == "CSE-KMS"
      && encryption.s3_encryption[0].s3_encryption_mode == "SSE-KMS"
    ])
    error_message = "Glue writes something without the key."
  }

  assert {
    condition     = length(aws_s3_bucket_lifecycle_configuration.this) == 0 && length(aws_s3_bucket_logging.this) == 0
    error_message = "There are lifecycle rules or an access log that nobody asked for."
  }

  assert {
    condition     = !aws_s3_bucket_notification.this.eventbridge
    error_message = "Somebody is told of objects."
  }
}

run "ages_objects_and_logs_access_when_told" {
  command = plan

  variables {
    access_log = { bucket = { name = "account-logs" } }
    bucket     = { name = "my-lake", force_destroy = true }
    key        = { deletion_window_days = 7 }
    lifecycle_rules = {
      everything = { prefix = "", noncurrent_expiration_days = 90 }
      quarantine = { prefix = "quarantine/", expiration_days = 900, transitions = { GLACIER = 400 } }
      raw        = { prefix = "raw/", transitions = { STANDARD_IA = 60, GLACIER_IR = 400 } }
    }
  }

  assert {
    condition     = output.bucket == "my-lake" && aws_s3_bucket.this.force_destroy
    error_message = "The bucket's name or force_destroy was not taken."
  }

  assert {
    condition     = aws_s3_bucket_logging.this[0].target_bucket == "account-logs" && aws_s3_bucket_logging.this[0].target_prefix == "my-lake/"
    error_message = "Access is not logged to the given bucket under the lake's name."
  }

  assert {
    condition = { for rule in aws_s3_bucket_lifecycle_configuration.this[0].rule : rule.id => {
      abort       = rule.abort_incomplete_multipart_upload[0].days_after_initiation
      expiration  = [for expiration in rule.expiration : expiration.days]
      noncurrent  = [for expiration in rule.noncurrent_version_expiration : expiration.noncurrent_days]
      prefix      = rule.filter[0].prefix
      transitions = { for transition in rule.transition : transition.storage_class => transition.days }
      } } == {
      everything = { abort = 7, expiration = [], noncurrent = [90], prefix = "", transitions = {} }
      quarantine = { abort = 7, expiration = [900], noncurrent = [], prefix = "quarantine/", transitions = { GLACIER = 400 } }
      raw        = { abort = 7, expiration = [], noncurrent = [], prefix = "raw/", transitions = { GLACIER_IR = 400, STANDARD_IA = 60 } }
    }
    error_message = "The lifecycle rules are not the given ones."
  }
}

run "keeps_an_access_log_of_its_own" {
  command = plan

  variables {
    access_log = { retention_days = 30 }
  }

  assert {
    condition     = output.access_log_bucket == "quartal-test-123456789012-eu-central-1-log" && aws_s3_bucket_logging.this[0].target_prefix == "quartal-test-123456789012-eu-central-1/"
    error_message = "The access log goes elsewhere."
  }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.log["this"].rule[0].expiration[0].days == 30 && aws_s3_bucket_public_access_block.log["this"].restrict_public_buckets
    error_message = "The access log stays for ever, or is public."
  }

  assert {
    condition = jsondecode(data.aws_iam_policy_document.log["this"].json).Statement[0].Condition == {
      ArnEquals    = { "aws:SourceArn" = "arn:aws:s3:::quartal-test-123456789012-eu-central-1" }
      StringEquals = { "aws:SourceAccount" = "123456789012" }
    }
    error_message = "Other buckets could write into the log."
  }
}

run "names_arns_by_partition" {
  command = plan

  variables {
    account = { id = "123456789012", partition = "aws-cn", region = "cn-north-1" }
  }

  assert {
    condition     = output.arn == "arn:aws-cn:s3:::quartal-test-123456789012-cn-north-1"
    error_message = "The ARN ignores the partition."
  }
}

run "rejects_bucket_name_that_s3_refuses" {
  command         = plan
  expect_failures = [aws_s3_bucket.this]

  variables {
    bucket = { name = "Lake_Of_Quartal" }
  }
}

run "rejects_bucket_name_that_only_looks_like_one_and_leaves_no_room_for_the_logs" {
  command         = plan
  expect_failures = [aws_s3_bucket.log, aws_s3_bucket.this]

  variables {
    access_log = {}
    bucket     = { name = "a..lake-of-sixty-characters-from-which-a-log-has-no-room-left" }
  }
}

run "rejects_access_log_in_the_lake_itself" {
  command         = plan
  expect_failures = [aws_s3_bucket_logging.this]

  variables {
    access_log = { bucket = { name = "quartal-test-123456789012-eu-central-1" } }
  }
}

run "tells_eventbridge_of_its_objects" {
  command = plan

  variables {
    bucket = { events = true }
  }

  assert {
    condition     = aws_s3_bucket_notification.this.eventbridge
    error_message = "EventBridge is not told."
  }
}

run "names_the_log_service_as_china_does" {
  command = plan

  variables {
    account = { id = "123456789012", partition = "aws-cn", region = "cn-north-1" }
    key     = { own = { arn = "arn:aws-cn:kms:cn-north-1:123456789012:key/own" } }
  }

  assert {
    condition     = strcontains(output.key_policy, "logs.cn-north-1.amazonaws.com.cn") && strcontains(output.key_policy, "arn:aws-cn:iam::123456789012:root") && !strcontains(output.key_policy, "arn:aws:")
    error_message = "The key's policy names another partition: ${output.key_policy}"
  }
}

run "names_the_log_service_as_everywhere_else_in_govcloud" {
  command = plan

  variables {
    account = { id = "123456789012", partition = "aws-us-gov", region = "us-gov-west-1" }
    key     = { own = { arn = "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/own" } }
  }

  assert {
    condition     = strcontains(output.key_policy, "logs.us-gov-west-1.amazonaws.com\"") && strcontains(output.key_policy, "arn:aws-us-gov:iam::123456789012:root") && !strcontains(output.key_policy, "budgets.")
    error_message = "The key's policy names another partition: ${output.key_policy}"
  }
}

run "takes_a_key_of_ones_own" {
  command = plan

  variables {
    key = { own = { arn = "arn:aws:kms:eu-central-1:123456789012:key/own" } }
  }

  assert {
    condition     = length(aws_kms_key.this) == 0 && length(aws_kms_alias.this) == 0 && output.key_arn == var.key.own.arn && output.key_alias == null
    error_message = "Another key is made or used."
  }

  assert {
    condition = alltrue([
      one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).kms_master_key_id == var.key.own.arn,
      strcontains(aws_s3_bucket_policy.this.policy, var.key.own.arn),
      one(one(aws_glue_security_configuration.this.encryption_configuration).s3_encryption).kms_key_arn == var.key.own.arn,
    ])
    error_message = "Something is encrypted with another key."
  }
}

run "says_in_the_buckets_policy_what_others_may" {
  command = plan

  variables {
    key = { own = { arn = "arn:aws:kms:eu-central-1:123456789012:key/own" } }
    policy_statements = {
      PartnerDelivers = {
        actions    = ["s3:PutObject"]
        conditions = [{ test = "StringEquals", values = ["bucket-owner-full-control"], variable = "s3:x-amz-acl" }]
        paths      = ["raw/orders/*"]
        principals = { AWS = ["arn:aws:iam::210987654321:role/delivers"] }
      }
      AuditorLists = { actions = ["s3:ListBucket"], principals = { AWS = ["arn:aws:iam::210987654321:root"] } }
    }
  }

  assert {
    condition = { for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : statement.Sid => [statement.Effect, statement.Action, statement.Resource, jsonencode(statement.Principal)] if contains(keys(var.policy_statements), statement.Sid) } == {
      AuditorLists    = ["Allow", "s3:ListBucket", "arn:aws:s3:::quartal-test-123456789012-eu-central-1", "{\"AWS\":\"arn:aws:iam::210987654321:root\"}"]
      PartnerDelivers = ["Allow", "s3:PutObject", "arn:aws:s3:::quartal-test-123456789012-eu-central-1/raw/orders/*", "{\"AWS\":\"arn:aws:iam::210987654321:role/delivers\"}"]
    }
    error_message = "The statements are others: ${aws_s3_bucket_policy.this.policy}"
  }

  assert {
    condition     = length([for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : statement if statement.Effect == "Deny"]) == 4
    error_message = "The lake's own statements are gone: ${aws_s3_bucket_policy.this.policy}"
  }
}

run "copies_new_objects_to_another_bucket" {
  command = plan

  variables {
    key         = { own = { arn = "arn:aws:kms:eu-central-1:123456789012:key/own" } }
    replication = { account_id = "210987654321", bucket_arn = "arn:aws:s3:::the-copy", key_arn = "arn:aws:kms:eu-west-1:210987654321:key/copy", prefixes = ["raw/", "runs/"] }
  }

  assert {
    condition = [for rule in aws_s3_bucket_replication_configuration.this["this"].rule : [rule.id, one(rule.filter).prefix, one(rule.destination).bucket, one(one(rule.destination).encryption_configuration).replica_kms_key_id]] == [
      ["raw/", "raw/", "arn:aws:s3:::the-copy", "arn:aws:kms:eu-west-1:210987654321:key/copy"],
      ["runs/", "runs/", "arn:aws:s3:::the-copy", "arn:aws:kms:eu-west-1:210987654321:key/copy"],
    ]
    error_message = "Other objects are copied, or elsewhere."
  }

  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.replication["this"].policy).Statement : statement.Sid => flatten([statement.Resource]) } == {
      ReadEncrypted  = ["arn:aws:kms:eu-central-1:123456789012:key/own"]
      ReadObjects    = ["arn:aws:s3:::quartal-test-123456789012-eu-central-1/runs/*", "arn:aws:s3:::quartal-test-123456789012-eu-central-1/raw/*"]
      ReadRules      = ["arn:aws:s3:::quartal-test-123456789012-eu-central-1"]
      WriteCopies    = ["arn:aws:s3:::the-copy/runs/*", "arn:aws:s3:::the-copy/raw/*"]
      WriteEncrypted = ["arn:aws:kms:eu-west-1:210987654321:key/copy"]
    }
    error_message = "The role may copy other things, or elsewhere: ${aws_iam_role_policy.replication["this"].policy}"
  }

  # S3 might not say the account, and would then copy nothing
  assert {
    condition     = [for statement in jsondecode(aws_iam_role.replication["this"].assume_role_policy).Statement : [statement.Principal.Service, can(statement.Condition)]] == [["s3.amazonaws.com", false]]
    error_message = "S3 may not assume the role, or only on a condition: ${aws_iam_role.replication["this"].assume_role_policy}"
  }
}
