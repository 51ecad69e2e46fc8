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
  artifacts = {
    contract = "tests/artifacts/vehicle_sightings.yaml"
    package  = "tests/artifacts/etl_job.zip"
    script   = "tests/artifacts/main.py"
  }
  database           = "quartal_test"
  dataset            = "vehicle_sightings"
  job                = { number_of_workers = 4 }
  lake               = { bucket = "my-lake", key_arn = "arn:aws:kms:eu-central-1:123456789012:key/0000", security_configuration = "quartal-test-lake" }
  log_retention_days = 30
  prefix             = "quartal-test"
  workflow           = "quartal-test-vehicle-sightings"
}

run "asks_for_no_package_where_there_is_none_to_install" {
  command = plan

  assert {
    condition     = !contains(keys(aws_glue_job.this.default_arguments), "--additional-python-modules")
    error_message = "Glue would be given a list of packages that is empty."
  }
}

run "runs_the_script_with_its_package_and_contract" {
  command = plan

  variables {
    findings       = { environment = "test", quarantine_share_limit = 0.05 }
    python_modules = ["pyyaml==6.0.3", "pyarrow==22.0.0"]
    tags           = { for number in range(12) : "tag-${number}" => "x" }
  }

  assert {
    condition = { for name, object in aws_s3_object.code : name => "${object.bucket}/${object.key}" } == {
      contract = "my-lake/code/vehicle_sightings/contracts/vehicle_sightings.yaml"
      package  = "my-lake/code/vehicle_sightings/etl_job.zip"
      script   = "my-lake/code/vehicle_sightings/main.py"
    }
    error_message = "The code is not uploaded under code/<dataset>/."
  }

  assert {
    condition     = alltrue([for object in values(aws_s3_object.code) : object.tags == null && length(object.override_provider) == 1])
    error_message = "The code has tags, also those of a provider, of which an object takes fewer than everything else."
  }

  assert {
    condition     = alltrue([for name, object in aws_s3_object.code : (name == "contract" ? object.content == file(var.artifacts.contract) : object.source_hash == filemd5(object.source)) && object.kms_key_id == var.lake.key_arn])
    error_message = "A change of the code would not be seen, or the code is not encrypted with the lake's key."
  }

  assert {
    condition = aws_glue_job.this.default_arguments == tomap({
      "--additional-python-modules"        = "pyyaml==6.0.3,pyarrow==22.0.0"
      "--contract"                         = "s3://my-lake/code/vehicle_sightings/contracts/vehicle_sightings.yaml"
      "--database"                         = "quartal_test"
      "--dataset"                          = "vehicle_sightings"
      "--enable-auto-scaling"              = "true"
      "--enable-continuous-cloudwatch-log" = "true"
      "--enable-metrics"                   = "true"
      "--enable-observability-metrics"     = "true"
      "--environment"                      = "test"
      "--extra-py-files"                   = "s3://my-lake/code/vehicle_sightings/etl_job.zip"
      "--job-bookmark-option"              = "job-bookmark-disable"
      "--lake_bucket"                      = "my-lake"
      "--quarantine_share_limit"           = "0.05"
      "--TempDir"                          = "s3://my-lake/tmp/vehicle_sightings/"
    })
    error_message = "The job's default arguments are not what the script and Glue need."
  }

  assert {
    condition     = aws_glue_job.this.command[0].name == "glueetl" && aws_glue_job.this.command[0].python_version == "3" && aws_glue_job.this.command[0].script_location == "s3://my-lake/code/vehicle_sightings/main.py"
    error_message = "The job does not start the script as Spark with Python 3."
  }

  # G31; without the execution class every plan shows a change
  assert {
    condition     = aws_glue_job.this.glue_version == "5.1" && aws_glue_job.this.worker_type == "G.1X" && aws_glue_job.this.number_of_workers == 4 && aws_glue_job.this.execution_class == "STANDARD"
    error_message = "The job is not a standard Glue 5.1 job of the given size."
  }

  assert {
    condition     = aws_glue_job.this.timeout == 120 && aws_glue_job.this.max_retries == 1 && aws_glue_job.this.execution_property[0].max_concurrent_runs == 1
    error_message = "The limits of a run are not the defaults."
  }

  assert {
    condition     = aws_glue_job.this.security_configuration == "quartal-test-lake"
    error_message = "Logs and bookmarks of the job are not encrypted."
  }
}

run "takes_size_limits_and_arguments" {
  command = plan

  variables {
    job = {
      arguments           = { "--conf" = "spark.sql.shuffle.partitions=8", "--enable-metrics" = "false" }
      auto_scaling        = false
      max_concurrent_runs = 2
      max_retries         = 0
      number_of_workers   = 10
      timeout_minutes     = 30
      worker_type         = "G.2X"
    }
  }

  assert {
    condition = (
      aws_glue_job.this.default_arguments["--conf"] == "spark.sql.shuffle.partitions=8"
      && aws_glue_job.this.default_arguments["--enable-metrics"] == "false"
      && aws_glue_job.this.default_arguments["--enable-auto-scaling"] == "false"
    )
    error_message = "Given arguments do not win over the default ones."
  }

  assert {
    condition = (
      aws_glue_job.this.worker_type == "G.2X" && aws_glue_job.this.number_of_workers == 10 && aws_glue_job.this.timeout == 30
      && aws_glue_job.this.max_retries == 0 && aws_glue_job.this.execution_property[0].max_concurrent_runs == 2
    )
    error_message = "Size or limits were not taken."
  }
}

run "plans_what_the_variables_above_say" {
  command = plan

  # logs where glue writes
  assert {
    condition = output.log_groups == {
      error  = "/aws-glue/jobs/quartal-test-lake-role/quartal-test-vehicle-sightings-job/error"
      output = "/aws-glue/jobs/quartal-test-lake-role/quartal-test-vehicle-sightings-job/output"
    }
    error_message = "The log groups are not the ones that Glue writes to."
  }

  assert {
    condition     = alltrue([for group in values(aws_cloudwatch_log_group.job) : group.retention_in_days == 30 && group.kms_key_id == var.lake.key_arn])
    error_message = "Logs are kept for ever, or not encrypted."
  }

  # lets the job touch its own folders and tables only
  assert {
    condition = jsonencode({ for statement in jsondecode(aws_iam_role_policy.lake.policy).Statement : statement.Sid => sort(flatten([statement.Resource])) }) == jsonencode({
      FindBucket     = ["arn:aws:s3:::my-lake"]
      ListItsFolders = ["arn:aws:s3:::my-lake"]
      ReadItsSources = sort(flatten([for folder in ["raw", "deliveries", "code"] : ["arn:aws:s3:::my-lake/${folder}/vehicle_sightings", "arn:aws:s3:::my-lake/${folder}/vehicle_sightings/*"]]))
      WriteZones = sort(concat(
        flatten([for zone in ["curated", "exports", "features", "quarantine", "runs", "tmp"] : [
          for path in ["", "/", "/vehicle_sightings", "/vehicle_sightings/*"] : "arn:aws:s3:::my-lake/${zone}${path}"
        ]]),
        [for path in ["", "/*"] : "arn:aws:s3:::my-lake/quarantine/vehicle_sightings.failed${path}"],
      ))
    })
    error_message = "The job may touch other objects than it needs."
  }

  assert {
    condition     = !anytrue([for prefix in jsondecode(aws_iam_role_policy.lake.policy).Statement[2].Condition.StringLike["s3:prefix"] : can(regex("^(raw/|code/|deliveries/|[a-z]+/)?\\*", prefix))])
    error_message = "The job may list folders of other datasets."
  }

  assert {
    condition = jsonencode({ for statement in jsondecode(aws_iam_role_policy.lake.policy).Statement : statement.Sid => sort(flatten([statement.Action])) }) == jsonencode({
      FindBucket     = ["s3:GetBucketLocation"]
      ListItsFolders = ["s3:ListBucket"]
      ReadItsSources = ["s3:GetObject"]
      WriteZones     = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
    })
    error_message = "The job may do more with objects than it needs, such as change raw files."
  }

  assert {
    condition = jsonencode({ for statement in jsondecode(aws_iam_role_policy.catalog.policy).Statement : statement.Sid => {
      actions = sort(flatten([statement.Action])), on = sort([for arn in flatten([statement.Resource]) : element(split(":", arn), 5)]) } }) == jsonencode({
      PublishTables   = { actions = ["glue:CreateTable", "glue:UpdateTable"], on = ["catalog", "database/quartal_test", "table/quartal_test/vehicle_sightings_curated", "table/quartal_test/vehicle_sightings_features"] }
      ReadCatalog     = { actions = ["glue:GetDatabase", "glue:GetPartitions", "glue:GetTable"], on = ["catalog", "database/quartal_test", "table/quartal_test/vehicle_sightings", "table/quartal_test/vehicle_sightings_curated", "table/quartal_test/vehicle_sightings_features"] }
      ReadWorkflowRun = { actions = ["glue:GetWorkflowRunProperties"], on = ["workflow/quartal-test-vehicle-sightings"] }
    })
    error_message = "The job may do more in the catalog than read, and publish its own tables."
  }

  assert {
    condition = jsonencode({ for statement in jsondecode(aws_iam_role_policy.monitoring.policy).Statement : statement.Sid => try(statement.Condition, null) }) == jsonencode({
      TellOfRun    = { StringEquals = { "events:source" = "quartal" } }
      WriteLogs    = null
      WriteMetrics = { StringEquals = { "cloudwatch:namespace" = ["Glue", "Quartal"] } }
    })
    error_message = "The job may write metrics in other namespaces than Glue's and Quartal's, or put events of another source."
  }

  assert {
    condition = alltrue([for arn in jsondecode(aws_iam_role_policy.monitoring.policy).Statement[0].Resource :
      startswith(arn, "arn:aws:logs:eu-central-1:123456789012:log-group:/aws-glue/jobs/quartal-test-lake-role/quartal-test-vehicle-sightings-job/")
    ])
    error_message = "The job may write to other log groups."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.key.policy).Statement[0].Resource == var.lake.key_arn
    error_message = "The job may use other keys."
  }

  assert {
    condition     = jsondecode(aws_iam_role.job.assume_role_policy).Statement[0].Principal == { Service = "glue.amazonaws.com" }
    error_message = "Others than Glue may use the job's role."
  }

  # stays on glues own network
  assert {
    condition     = aws_glue_job.this.connections == null && length(aws_iam_role_policy.network) == 0 && length(aws_s3_object.code) == 3
    error_message = "Something of a private network is there though nobody asked for one."
  }
}

run "runs_in_the_private_network_with_packages_from_the_lake" {
  command = plan

  variables {
    artifacts = {
      contract = "tests/artifacts/vehicle_sightings.yaml"
      package  = "tests/artifacts/etl_job.zip"
      script   = "tests/artifacts/main.py"
      wheels   = "tests/artifacts/etl_job.gluewheels.zip"
    }
    connections    = ["quartal-test-eu-central-1a", "quartal-test-eu-central-1b"]
    python_modules = ["pyyaml==6.0.3"]
  }

  assert {
    condition     = join(",", aws_glue_job.this.connections) == "quartal-test-eu-central-1a,quartal-test-eu-central-1b"
    error_message = "The job does not run in the network."
  }

  assert {
    condition = (
      aws_glue_job.this.default_arguments["--additional-python-modules"] == "s3://my-lake/code/vehicle_sightings/etl_job.gluewheels.zip"
      && aws_glue_job.this.default_arguments["--python-modules-installer-option"] == "--no-index"
      && aws_s3_object.code["wheels"].key == "code/vehicle_sightings/etl_job.gluewheels.zip"
    )
    error_message = "Glue would look for packages on PyPI, which it does not reach."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.network[0].policy).Statement[0].Resource == ["arn:aws:glue:eu-central-1:123456789012:connection/quartal-test-eu-central-1b", "arn:aws:glue:eu-central-1:123456789012:connection/quartal-test-eu-central-1a", "arn:aws:glue:eu-central-1:123456789012:catalog"]
    error_message = "The job may read other connections: ${aws_iam_role_policy.network[0].policy}"
  }

  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.network[0].policy).Statement : statement.Sid => flatten([statement.Action]) } == {
      JoinNetwork     = ["ec2:CreateNetworkInterface"]
      LeaveNetwork    = ["ec2:DeleteNetworkInterface"]
      MarkAsGlues     = ["ec2:DeleteTags", "ec2:CreateTags"]
      ReadConnections = ["glue:GetConnection"]
      SeeNetwork = [
        "ec2:DescribeVpcEndpoints", "ec2:DescribeSubnets", "ec2:DescribeSecurityGroups", "ec2:DescribeRouteTables",
        "ec2:DescribeNetworkInterfaces",
      ]
      SeeVpc = ["ec2:DescribeVpcAttribute"]
    }
    error_message = "The role may not do what Glue does with it in a network, or more: ${aws_iam_role_policy.network[0].policy}"
  }
}

run "takes_away_policies_that_somebody_gives_the_role_by_hand" {
  command = plan

  variables {
    connections = ["quartal-test-eu-central-1a"]
    policy_arns = { secret = "arn:aws:iam::123456789012:policy/reads-the-secret" }
  }

  assert {
    condition     = toset(aws_iam_role_policies_exclusive.job.policy_names) == toset(["catalog", "key", "lake", "monitoring", "network"])
    error_message = "The role would lose a policy of its own, or keep another's: ${join(", ", aws_iam_role_policies_exclusive.job.policy_names)}"
  }

  assert {
    condition     = toset(aws_iam_role_policy_attachments_exclusive.job.policy_arns) == toset(values(var.policy_arns))
    error_message = "Not what was asked for is attached."
  }
}

run "fits_into_iams_quota_with_names_of_the_greatest_length" {
  command = plan

  variables {
    account     = { id = "123456789012", partition = "aws-us-gov", region = "us-gov-west-1" }
    connections = [for zone in ["a", "b", "c", "d", "e", "f"] : "quartal-of-a-longer-name-us-gov-west-1${zone}"]
    database    = "quartal_of_a_longer_name"
    dataset     = "a_dataset_of_thirty_characters"
    lake        = { bucket = "a-lake-with-a-name-of-sixty-three-letters-which-is-all-that-fits", key_arn = "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/mrk-0123456789abcdef0123456789abcdef", security_configuration = "quartal-of-a-longer-name-lake" }
    prefix      = "quartal-of-a-longer-name"
    workflow    = "quartal-of-a-longer-name-a-dataset-of-thirty-characters"
  }

  assert {
    condition = sum([
      for policy in concat([aws_iam_role_policy.catalog, aws_iam_role_policy.key, aws_iam_role_policy.lake, aws_iam_role_policy.monitoring], aws_iam_role_policy.network) :
      length(jsonencode(jsondecode(policy.policy)))
    ]) <= 10240
    error_message = "IAM refuses the inline policies of the job's role."
  }
}
