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
  account            = { id = "123456789012", region = "eu-central-1" }
  contracts          = { vehicle_sightings = { columns = ["sighting_id", "brand", "date", "time"] } }
  lake               = { bucket = "my-lake", key_arn = "arn:aws:kms:eu-central-1:123456789012:key/0000", security_configuration = "quartal-test-lake" }
  log_retention_days = 30
  prefix             = "quartal-test"
}

run "plans_what_the_variables_above_say" {
  command = plan

  # crawls the raw folder of the dataset
  assert {
    condition     = output.database == "quartal_test" && output.raw_prefixes == { vehicle_sightings = "raw/vehicle_sightings/" }
    error_message = "Database or raw prefix have other names."
  }

  assert {
    condition     = aws_glue_crawler.this["vehicle_sightings"].s3_target[0].path == "s3://my-lake/raw/vehicle_sightings/"
    error_message = "The crawler looks elsewhere."
  }

  # G18, G20: one table at the third level, so that the dataset names it
  assert {
    condition = jsondecode(aws_glue_crawler.this["vehicle_sightings"].configuration).Grouping == {
      TableGroupingPolicy = "CombineCompatibleSchemas", TableLevelConfiguration = length(split("/", trim(trimprefix(aws_glue_crawler.this["vehicle_sightings"].s3_target[0].path, "s3://"), "/")))
    }
    error_message = "The crawled table would not be named after the dataset."
  }

  # G21
  assert {
    condition     = jsondecode(aws_glue_crawler.this["vehicle_sightings"].configuration).CrawlerOutput.Partitions.AddOrUpdateBehavior == "InheritFromTable"
    error_message = "Partitions would not follow the table."
  }

  # G2
  assert {
    condition     = aws_glue_crawler.this["vehicle_sightings"].schedule == null
    error_message = "A crawler with a schedule of its own never fires the job's trigger."
  }

  assert {
    condition     = aws_glue_crawler.this["vehicle_sightings"].security_configuration == "quartal-test-lake"
    error_message = "The crawler's log is not encrypted."
  }

  assert {
    condition     = aws_cloudwatch_log_group.crawler["vehicle_sightings"].name == "/aws-glue/crawlers-role/quartal-test-vehicle-sightings-crawler-quartal-test-lake" && aws_cloudwatch_log_group.crawler["vehicle_sightings"].retention_in_days == 30
    error_message = "The log group is not the one that Glue writes to, or keeps logs for ever."
  }

  # names the columns by the contract
  # G15, G16: without the classifier a feed of strings loses its header
  assert {
    condition = (
      tolist(aws_glue_classifier.this["vehicle_sightings"].csv_classifier[0].header) == tolist(["sighting_id", "brand", "date", "time"])
      && aws_glue_classifier.this["vehicle_sightings"].csv_classifier[0].contains_header == "PRESENT"
      && aws_glue_classifier.this["vehicle_sightings"].csv_classifier[0].delimiter == ","
      && aws_glue_classifier.this["vehicle_sightings"].csv_classifier[0].quote_symbol == "\""
    )
    error_message = "The classifier does not follow the contract."
  }

  assert {
    condition     = tolist(aws_glue_crawler.this["vehicle_sightings"].classifiers) == tolist([aws_glue_classifier.this["vehicle_sightings"].name])
    error_message = "The crawler does not use the classifier."
  }

  # lets the crawler read raw and write its table only
  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.raw["vehicle_sightings"].policy).Statement : statement.Sid => statement.Resource } == {
      FindBucket     = "arn:aws:s3:::my-lake"
      ListDeliveries = "arn:aws:s3:::my-lake"
      ReadDeliveries = "arn:aws:s3:::my-lake/raw/vehicle_sightings/*"
    }
    error_message = "The crawler may read other objects than the dataset's raw files."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.raw["vehicle_sightings"].policy).Statement[1].Condition == {
      StringLike = { "s3:prefix" = ["raw/vehicle_sightings", "raw/vehicle_sightings/*"] }
    }
    error_message = "The crawler may list other folders than the dataset's raw files."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.catalog["vehicle_sightings"].policy).Statement[0].Resource == [
      "arn:aws:glue:eu-central-1:123456789012:table/quartal_test/vehicle_sightings",
      "arn:aws:glue:eu-central-1:123456789012:database/quartal_test",
      "arn:aws:glue:eu-central-1:123456789012:catalog",
    ]
    error_message = "The crawler may write other tables than the dataset's."
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.catalog["vehicle_sightings"].policy, "Delete")
    error_message = "The crawler may delete, though nothing asks for it."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.key["vehicle_sightings"].policy).Statement[0].Action == "kms:Decrypt"
    error_message = "The crawler may do more with the key than read."
  }

  assert {
    condition     = jsondecode(aws_iam_role.crawler["vehicle_sightings"].assume_role_policy).Statement[0].Principal == { Service = "glue.amazonaws.com" }
    error_message = "Others than Glue may use the crawler's role."
  }

  # lets people ask the rows that were quarantined
  assert {
    condition = (
      output.quarantine_tables == { vehicle_sightings = "vehicle_sightings_quarantine" }
      && aws_glue_catalog_table.quarantine["vehicle_sightings"].storage_descriptor[0].location == "s3://my-lake/quarantine/vehicle_sightings/"
      && join(",", [for column in aws_glue_catalog_table.quarantine["vehicle_sightings"].storage_descriptor[0].columns : "${column.name} ${column.type}"]) == "raw string,file string,reasons array<string>,part_offset bigint,row_number bigint"
    )
    error_message = "The table of quarantined rows is not what the job writes."
  }

  # leaves the accounts catalog as it is
  assert {
    condition     = length(aws_glue_data_catalog_encryption_settings.account) == 0
    error_message = "One pipeline would change the catalog of all."
  }

  # stays on glues own network
  assert {
    condition     = length(aws_glue_connection.this) == 0 && output.connections == [] && length(aws_iam_role_policy.network) == 0 && aws_glue_crawler.this["vehicle_sightings"].s3_target[0].connection_name == null
    error_message = "Something of a private network is there though nobody asked for one."
  }
}

run "follows_another_csv_dialect" {
  command = plan

  variables {
    contracts = { vehicle_sightings = { columns = ["plate"], csv = { delimiter = ";", quote_symbol = "'", header = false } } }
    crawl     = { recrawl_behavior = "CRAWL_NEW_FOLDERS_ONLY", delete_behavior = "LOG", update_behavior = "LOG", exclusions = ["**/_*"] }
  }

  assert {
    condition = (
      aws_glue_classifier.this["vehicle_sightings"].csv_classifier[0].allow_single_column
      && aws_glue_classifier.this["vehicle_sightings"].csv_classifier[0].contains_header == "ABSENT"
      && aws_glue_classifier.this["vehicle_sightings"].csv_classifier[0].delimiter == ";"
      && aws_glue_classifier.this["vehicle_sightings"].csv_classifier[0].quote_symbol == "'"
    )
    error_message = "The classifier does not follow the contract."
  }

  assert {
    condition = (
      aws_glue_crawler.this["vehicle_sightings"].recrawl_policy[0].recrawl_behavior == "CRAWL_NEW_FOLDERS_ONLY"
      && aws_glue_crawler.this["vehicle_sightings"].schema_change_policy[0].delete_behavior == "LOG"
      && aws_glue_crawler.this["vehicle_sightings"].schema_change_policy[0].update_behavior == "LOG"
      && aws_glue_crawler.this["vehicle_sightings"].s3_target[0].exclusions == tolist(["**/_*"])
    )
    error_message = "The crawl settings were not taken."
  }
}

run "leaves_other_formats_than_csv_to_the_classifiers_of_glue" {
  command = plan

  variables {
    contracts = { vehicle_sightings = { columns = ["plate"] }, tolls = { columns = ["plate"], format = "parquet" }, fines = { columns = ["plate"], format = "jsonLines" } }
  }

  assert {
    condition = (
      toset(keys(aws_glue_classifier.this)) == toset(["vehicle_sightings"])
      && length(aws_glue_crawler.this["vehicle_sightings"].classifiers) == 1
      && length(aws_glue_crawler.this["tolls"].classifiers) == 0
      && length(aws_glue_crawler.this["fines"].classifiers) == 0
    )
    error_message = "A feed that is no CSV has a CSV classifier."
  }
}

run "lets_the_crawler_delete_when_told_to" {
  command = plan

  variables {
    crawl = { delete_behavior = "DELETE_FROM_DATABASE" }
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.catalog["vehicle_sightings"].policy).Statement[1].Action == ["glue:DeleteTable", "glue:DeletePartition", "glue:BatchDeletePartition"]
    error_message = "The crawler may not delete what is gone."
  }
}

run "keeps_feeds_apart" {
  command = plan

  variables {
    contracts = { tolls = { columns = ["plate"] }, sightings = { columns = ["brand"] } }
  }

  assert {
    condition     = output.crawlers == { sightings = "quartal-test-sightings", tolls = "quartal-test-tolls" } && output.raw_prefixes == { sightings = "raw/sightings/", tolls = "raw/tolls/" }
    error_message = "The feeds share a crawler or a folder."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.raw["tolls"].policy).Statement[0].Resource == "arn:aws:s3:::my-lake/raw/tolls/*"
    error_message = "A crawler reads another feed's files."
  }
}

run "encrypts_the_accounts_catalog_when_told_to" {
  command = plan

  variables {
    account_catalog = { key_arn = "arn:aws:kms:eu-central-1:123456789012:key/0000" }
  }

  assert {
    condition = alltrue([for settings in aws_glue_data_catalog_encryption_settings.account[0].data_catalog_encryption_settings :
      settings.encryption_at_rest[0].catalog_encryption_mode == "SSE-KMS-WITH-SERVICE-ROLE"
      && settings.connection_password_encryption[0].return_connection_password_encrypted
    ])
    error_message = "The catalog is not encrypted through a role of its own."
  }
}

run "crawls_in_the_private_network" {
  command = plan

  variables {
    network = { security_group_ids = ["sg-0123"], subnets = { eu-central-1b = "subnet-b", eu-central-1a = "subnet-a" } }
  }

  assert {
    condition = { for zone, connection in aws_glue_connection.this : connection.name => [
      connection.connection_type, connection.physical_connection_requirements[0].availability_zone, connection.physical_connection_requirements[0].subnet_id
      ] } == {
      quartal-test-eu-central-1a = ["NETWORK", "eu-central-1a", "subnet-a"]
      quartal-test-eu-central-1b = ["NETWORK", "eu-central-1b", "subnet-b"]
    }
    error_message = "There is not one connection per zone."
  }

  assert {
    condition     = output.connections == ["quartal-test-eu-central-1a", "quartal-test-eu-central-1b"] && aws_glue_crawler.this["vehicle_sightings"].s3_target[0].connection_name == "quartal-test-eu-central-1a"
    error_message = "The crawler does not go through the first connection."
  }

  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.network["vehicle_sightings"].policy).Statement : statement.Sid => flatten([statement.Action]) } == {
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
    error_message = "The role may not do what Glue does with it in a network, or more: ${aws_iam_role_policy.network["vehicle_sightings"].policy}"
  }
}

run "takes_away_policies_that_somebody_gives_a_role_by_hand" {
  command = plan

  variables {
    network     = { security_group_ids = ["sg-0123"], subnets = { eu-central-1a = "subnet-a" } }
    policy_arns = { secret = "arn:aws:iam::123456789012:policy/reads-the-secret" }
  }

  assert {
    condition     = toset(aws_iam_role_policies_exclusive.crawler["vehicle_sightings"].policy_names) == toset(["catalog", "key", "logs", "network", "raw"])
    error_message = "The role would lose a policy of its own, or keep another's."
  }

  assert {
    condition     = toset(aws_iam_role_policy_attachments_exclusive.crawler["vehicle_sightings"].policy_arns) == toset(values(var.policy_arns))
    error_message = "Not what was asked for is attached."
  }
}

run "crawls_a_database_beside_the_raw_files" {
  command = plan

  variables {
    targets = { vehicle_sightings = { jdbc = [{ connection = "orders-db", path = "shop/public/%" }] } }
  }

  assert {
    condition     = [for target in aws_glue_crawler.this["vehicle_sightings"].jdbc_target : [target.connection_name, target.path]] == [["orders-db", "shop/public/%"]] && length(aws_glue_crawler.this["vehicle_sightings"].s3_target) == 1
    error_message = "The database is not crawled, or the raw files no longer."
  }

  assert {
    condition     = strcontains(aws_iam_role_policy.targets["vehicle_sightings"].policy, "connection/orders-db") && contains(aws_iam_role_policies_exclusive.crawler["vehicle_sightings"].policy_names, "targets")
    error_message = "The role may not read the connection."
  }
}

run "crawls_tables_of_the_catalog_in_place_of_the_raw_files" {
  command = plan

  variables {
    targets = { vehicle_sightings = { catalog = { database = "other", tables = ["a", "b"] } } }
  }

  assert {
    condition     = aws_glue_crawler.this["vehicle_sightings"].catalog_target[0].tables == tolist(["a", "b"]) && length(aws_glue_crawler.this["vehicle_sightings"].s3_target) == 0
    error_message = "Other things than the tables are crawled."
  }

  assert {
    condition     = jsondecode(aws_glue_crawler.this["vehicle_sightings"].configuration).Grouping == { TableGroupingPolicy = "CombineCompatibleSchemas" }
    error_message = "Tables are looked for at a level of folders."
  }

  assert {
    condition     = aws_glue_crawler.this["vehicle_sightings"].schema_change_policy[0].delete_behavior == "LOG"
    error_message = "Glue refuses a crawler of tables that deletes any."
  }

  assert {
    condition     = strcontains(aws_iam_role_policy.targets["vehicle_sightings"].policy, "table/other/a")
    error_message = "The role may not change the tables."
  }
}

run "rejects_more_tables_than_a_roles_policies_can_name" {
  command         = plan
  expect_failures = [aws_iam_role.crawler]

  variables {
    targets = { vehicle_sightings = { catalog = { database = "a_database_of_somebody", tables = [for number in range(90) : "a_table_of_somebody_${number}"] } } }
  }
}

run "fits_into_iams_quota_with_names_of_the_greatest_length" {
  command = plan

  variables {
    account   = { id = "123456789012", partition = "aws-us-gov", region = "us-gov-west-1" }
    contracts = { a_dataset_of_thirty_characters = { columns = ["id"] } }
    crawl     = { delete_behavior = "DELETE_FROM_DATABASE" }
    lake      = { bucket = "a-lake-with-a-name-of-sixty-three-letters-which-is-all-that-fits", key_arn = "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/mrk-0123456789abcdef0123456789abcdef", security_configuration = "quartal-of-a-longer-name-lake" }
    network   = { security_group_ids = ["sg-0"], subnets = { us-gov-west-1a = "subnet-a", us-gov-west-1b = "subnet-b", us-gov-west-1c = "subnet-c" } }
    prefix    = "quartal-of-a-longer-name"
    targets   = { a_dataset_of_thirty_characters = { jdbc = [{ connection = "a-database-of-somebody", path = "orders/%" }] } }
  }

  assert {
    condition = sum([
      for policies in [aws_iam_role_policy.catalog, aws_iam_role_policy.key, aws_iam_role_policy.logs, aws_iam_role_policy.network, aws_iam_role_policy.raw, aws_iam_role_policy.targets] :
      length(jsonencode(jsondecode(policies["a_dataset_of_thirty_characters"].policy)))
    ]) <= 10240
    error_message = "IAM refuses the inline policies of the crawler's role."
  }

  assert {
    condition     = length(aws_iam_role.crawler["a_dataset_of_thirty_characters"].name) <= 64
    error_message = "IAM refuses the role's name."
  }
}
