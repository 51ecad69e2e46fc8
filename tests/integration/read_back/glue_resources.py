"""The `aws_glue_*` resources."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.integration.read_back.stack import TAGS, TEXT, Found, Stack


def database(s: Stack) -> Found:
    found = s.glue.get_database(Name=s.database)["Database"]
    return {
        "description": (found["Description"], TEXT),
        "location_uri": (found["LocationUri"], f"s3://{s.prefix}/database/2/"),
        "parameters": (found["Parameters"], TAGS),
        "tags": (s.tags(f"database/{s.database}"), TAGS),
    }


def table(s: Stack) -> Found:
    found = s.glue.get_table(DatabaseName=s.database, Name="sightings")["Table"]
    storage = found["StorageDescriptor"]
    columns = [(column["Name"], column["Type"], column.get("Comment", "")) for column in storage["Columns"]]
    return {
        "description": (found["Description"], TEXT),
        "owner": (found["Owner"], "owner_2"),
        "retention": (found["Retention"], 2),
        "parameters": (found["Parameters"], {"classification": "parquet", "revision": "2"}),
        "storage_descriptor": (
            (
                storage["Location"],
                storage["Compressed"],
                storage["Parameters"],
                storage["SerdeInfo"]["Parameters"],
                storage["SortColumns"],
                columns,
            ),
            (
                f"s3://{s.prefix}/sightings/2/",
                True,
                TAGS,
                {"serialization.format": "2"},
                [{"Column": "sighting_id", "SortOrder": 0}],
                [("sighting_id", "string", TEXT), ("seen_at", "timestamp", "")],
            ),
        ),
    }


def view(s: Stack) -> Found:
    found = s.glue.get_table(DatabaseName=s.database, Name="latest")["Table"]
    return {
        "view_original_text": (found["ViewOriginalText"], "select 2"),
        "view_expanded_text": (found["ViewExpandedText"], "select 2"),
    }


def partition(s: Stack) -> Found:
    values = ["2026Q1", "Volvo"]
    found = s.glue.get_partition(DatabaseName=s.database, TableName="sightings", PartitionValues=values)["Partition"]
    location = f"s3://{s.prefix}/sightings/delivery=2026Q1/brand=Volvo/2/"
    return {
        "parameters": (found["Parameters"], TAGS),
        "storage_descriptor": (found["StorageDescriptor"]["Location"], location),
    }


def function(s: Stack) -> Found:
    found = s.glue.get_user_defined_function(DatabaseName=s.database, FunctionName="plate")["UserDefinedFunction"]
    return {
        "class_name": (found["ClassName"], "example.Plate2"),
        "owner_name": (found["OwnerName"], "owner_2"),
        "owner_type": (found["OwnerType"], "ROLE"),
        "resource_uris": (
            found["ResourceUris"],
            [{"ResourceType": "FILE", "Uri": f"s3://{s.prefix}/functions/2.jar"}],
        ),
    }


def resource_policy(s: Stack) -> Found:
    statement = json.loads(s.glue.get_resource_policy()["PolicyInJson"])["Statement"][0]
    return {"policy": (statement["Action"], ["glue:GetTable", "glue:GetTables"])}


def encryption_settings(s: Stack) -> Found:
    found = s.glue.get_data_catalog_encryption_settings()["DataCatalogEncryptionSettings"]
    password, rest = found["ConnectionPasswordEncryption"], found["EncryptionAtRest"]
    return {
        "data_catalog_encryption_settings": (
            (
                password["ReturnConnectionPasswordEncrypted"],
                password["AwsKmsKeyId"],
                rest["CatalogEncryptionMode"],
                rest["SseAwsKmsKeyId"],
            ),
            (True, s.key_arn, "SSE-KMS", s.key_arn),
        )
    }


def registry(s: Stack) -> Found:
    found = s.glue.get_registry(RegistryId={"RegistryName": s.prefix})
    return {"description": (found["Description"], TEXT), "tags": (s.tags(f"registry/{s.prefix}"), TAGS)}


def schema(s: Stack) -> Found:
    named = {"RegistryName": s.prefix, "SchemaName": "sighting"}
    found = s.glue.get_schema(SchemaId=named)
    newest = s.glue.get_schema_version(SchemaId=named, SchemaVersionNumber={"LatestVersion": True})
    fields = [field["name"] for field in json.loads(newest["SchemaDefinition"])["fields"]]
    return {
        "description": (found["Description"], TEXT),
        "compatibility": (found["Compatibility"], "BACKWARD"),
        "schema_definition": (fields, ["id", "seen"]),
        "tags": (s.tags(f"schema/{s.prefix}/sighting"), TAGS),
    }


def ruleset(s: Stack) -> Found:
    found = s.glue.get_data_quality_ruleset(Name=s.prefix)
    return {
        "description": (found["Description"], TEXT),
        "ruleset": (found["Ruleset"], "Rules = [ColumnCount = 2]"),
        "tags": (s.tags(f"dataQualityRuleset/{s.prefix}"), TAGS),
    }


def jdbc_connection(s: Stack) -> Found:
    found = s.glue.get_connection(Name=f"{s.prefix}-jdbc")["Connection"]
    properties = found["ConnectionProperties"]
    return {
        "description": (found["Description"], TEXT),
        "match_criteria": (found["MatchCriteria"], ["revision-2"]),
        "connection_properties": (
            (properties["JDBC_CONNECTION_URL"], properties["USERNAME"], set(properties) & {"PASSWORD"}),
            # the catalog's settings of revision 2 have passwords returned encrypted
            ("jdbc:postgresql://localhost:5432/revision2", "reader", set()),
        ),
        "tags": (s.tags(f"connection/{s.prefix}-jdbc"), TAGS),
    }


def network_connection(s: Stack) -> Found:
    found = s.glue.get_connection(Name=f"{s.prefix}-network")["Connection"]["PhysicalConnectionRequirements"]
    expected = {"AvailabilityZone": "eu-west-1b", "SecurityGroupIdList": ["sg-2"], "SubnetId": "subnet-2"}
    return {"physical_connection_requirements": (found, expected)}


def csv_classifier(s: Stack) -> Found:
    found = s.glue.get_classifier(Name=f"{s.prefix}-csv")["Classifier"]["CsvClassifier"]
    expected = {
        "AllowSingleColumn": True,
        "ContainsHeader": "ABSENT",
        "CustomDatatypeConfigured": True,
        "CustomDatatypes": ["STRING", "INT"],
        "Delimiter": ";",
        "DisableValueTrimming": True,
        "Header": ["a", "b"],
        "QuoteSymbol": "'",
        "Serde": "OpenCSVSerDe",
    }
    return {"csv_classifier": ({name: found.get(name) for name in expected}, expected)}


def grok_classifier(s: Stack) -> Found:
    found = s.glue.get_classifier(Name=f"{s.prefix}-grok")["Classifier"]["GrokClassifier"]
    expected = ("log_2", "REVISION 2", "%{REVISION:revision2}")
    return {"grok_classifier": ((found["Classification"], found["CustomPatterns"], found["GrokPattern"]), expected)}


def json_classifier(s: Stack) -> Found:
    found = s.glue.get_classifier(Name=f"{s.prefix}-json")["Classifier"]["JsonClassifier"]
    return {"json_classifier": (found["JsonPath"], "$.rows2[*]")}


def xml_classifier(s: Stack) -> Found:
    found = s.glue.get_classifier(Name=f"{s.prefix}-xml")["Classifier"]["XMLClassifier"]
    return {"xml_classifier": ((found["Classification"], found["RowTag"]), ("xml_2", "row2"))}


def crawler(s: Stack) -> Found:
    found = s.glue.get_crawler(Name=s.prefix)["Crawler"]
    grouping = {"TableGroupingPolicy": "CombineCompatibleSchemas", "TableLevelConfiguration": 3}
    first = found["Targets"]["S3Targets"][0]
    return {
        "classifiers": (found["Classifiers"], [f"{s.prefix}-json", f"{s.prefix}-csv"]),
        "configuration": (json.loads(found["Configuration"]), {"Version": 1, "Grouping": grouping}),
        "description": (found["Description"], TEXT),
        "lineage_configuration": (found["LineageConfiguration"], {"CrawlerLineageSettings": "ENABLE"}),
        "recrawl_policy": (found["RecrawlPolicy"], {"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"}),
        "s3_target": (
            (first["Path"], first["Exclusions"], first["SampleSize"]),
            (f"s3://{s.prefix}/raw/2/", ["**/_tmp2/**"], 20),
        ),
        "schedule": (found["Schedule"]["ScheduleExpression"], "cron(0 6 1 * ? *)"),
        "schema_change_policy": (found["SchemaChangePolicy"], {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"}),
        "security_configuration": (found["CrawlerSecurityConfiguration"], s.prefix),
        "table_prefix": (found["TablePrefix"], "raw_2_"),
        "tags": (s.tags(f"crawler/{s.prefix}"), TAGS),
    }


def unscheduled_crawler(s: Stack) -> Found:
    found = s.glue.get_crawler(Name=f"{s.prefix}-unscheduled")["Crawler"]
    return {"schedule": (found.get("Schedule", {}).get("ScheduleExpression"), None)}


def iceberg_crawler(s: Stack) -> Found:
    found = s.glue.get_crawler(Name=f"{s.prefix}-iceberg")["Crawler"]["Targets"]["IcebergTargets"]
    expected = {
        "Paths": [f"s3://{s.prefix}/features/2/"],
        "Exclusions": ["**/old2/**"],
        "MaximumTraversalDepth": 20,
    }
    return {"iceberg_target": ([{name: target.get(name) for name in expected} for target in found], [expected])}


def spark_job(s: Stack) -> Found:
    found = s.glue.get_job(JobName=s.prefix)["Job"]
    source = {
        "AuthStrategy": "AWS_SECRETS_MANAGER",
        "Branch": "branch-2",
        "Folder": "folder-2",
        "LastCommitId": "commit-2",
        "Owner": "owner-2",
        "Provider": "GITLAB",
        "Repository": "repository-2",
    }
    return {
        "command": (found["Command"]["ScriptLocation"], f"s3://{s.prefix}/job/2.py"),
        "connections": (found["Connections"], {"Connections": [f"{s.prefix}-network", f"{s.prefix}-jdbc"]}),
        "default_arguments": (found["DefaultArguments"], {"--revision": "2", "--enable-metrics": "true"}),
        "description": (found["Description"], TEXT),
        "execution_class": (found["ExecutionClass"], "FLEX"),
        "execution_property": (found["ExecutionProperty"], {"MaxConcurrentRuns": 4}),
        "glue_version": (found["GlueVersion"], "5.1"),
        "job_run_queuing_enabled": (found["JobRunQueuingEnabled"], True),
        "maintenance_window": (found["MaintenanceWindow"], "Sun:06"),
        "max_retries": (found["MaxRetries"], 2),
        "non_overridable_arguments": (found["NonOverridableArguments"], {"--fixed": "2"}),
        "notification_property": (found["NotificationProperty"], {"NotifyDelayAfter": 10}),
        "number_of_workers": (found["NumberOfWorkers"], 3),
        "security_configuration": (found.get("SecurityConfiguration"), None),
        "source_control_details": (found["SourceControlDetails"], source),
        "timeout": (found["Timeout"], 60),
        "worker_type": (found["WorkerType"], "G.2X"),
        "tags": (s.tags(f"job/{s.prefix}"), TAGS),
    }


def shell_job(s: Stack) -> Found:
    found = s.glue.get_job(JobName=f"{s.prefix}-shell")["Job"]
    return {
        "command": (found["Command"]["PythonVersion"], "3.9"),
        "max_capacity": (found["MaxCapacity"], 1.0),
    }


def workflow(s: Stack) -> Found:
    found = s.glue.get_workflow(Name=s.prefix)["Workflow"]
    return {
        "default_run_properties": (found["DefaultRunProperties"], TAGS),
        "description": (found["Description"], TEXT),
        "max_concurrent_runs": (found["MaxConcurrentRuns"], 2),
        "tags": (s.tags(f"workflow/{s.prefix}"), TAGS),
    }


def trigger(s: Stack, name: str) -> dict[str, Any]:
    found: dict[str, Any] = s.glue.get_trigger(Name=f"{s.prefix}-{name}")["Trigger"]
    return found


def on_demand_trigger(s: Stack) -> Found:
    found = trigger(s, "on-demand")
    action = {
        "JobName": s.prefix,
        "Arguments": {"--from": "2"},
        "Timeout": 20,
        "NotificationProperty": {"NotifyDelayAfter": 4},
    }
    return {
        "actions": (found["Actions"], [action]),
        "description": (found["Description"], TEXT),
        "tags": (s.tags(f"trigger/{s.prefix}-on-demand"), TAGS),
    }


def scheduled_trigger(s: Stack) -> Found:
    found = trigger(s, "scheduled")
    return {
        "actions": ([action["CrawlerName"] for action in found["Actions"]], [s.prefix, f"{s.prefix}-unscheduled"]),
        "description": (found["Description"], TEXT),
        "schedule": ((found["Schedule"], found["State"]), ("cron(0 7 1 1,4,7,10 ? *)", "ACTIVATED")),
    }


def conditional_trigger(s: Stack) -> Found:
    found = trigger(s, "conditional")
    conditions = [
        (condition.get("CrawlerName") or condition.get("JobName"), condition.get("CrawlState", condition.get("State")))
        for condition in found["Predicate"]["Conditions"]
    ]
    return {
        "actions": ([action["JobName"] for action in found["Actions"]], [f"{s.prefix}-plain"]),
        "predicate": (
            (found["Predicate"]["Logical"], conditions),
            ("ANY", [(s.prefix, "FAILED"), (f"{s.prefix}-shell", "SUCCEEDED")]),
        ),
    }


def event_trigger(s: Stack) -> Found:
    expected = {"BatchSize": 10, "BatchWindow": 600}
    return {"event_batching_condition": (trigger(s, "event")["EventBatchingCondition"], expected)}


GLUE_RESOURCES: dict[str, Callable[[Stack], Found]] = {
    "aws_glue_catalog_database.this": database,
    "aws_glue_catalog_table.this": table,
    "aws_glue_catalog_table.view": view,
    "aws_glue_classifier.csv": csv_classifier,
    "aws_glue_classifier.grok": grok_classifier,
    "aws_glue_classifier.json": json_classifier,
    "aws_glue_classifier.xml": xml_classifier,
    "aws_glue_connection.jdbc": jdbc_connection,
    "aws_glue_connection.network": network_connection,
    "aws_glue_crawler.iceberg": iceberg_crawler,
    "aws_glue_crawler.this": crawler,
    "aws_glue_crawler.unscheduled": unscheduled_crawler,
    "aws_glue_data_catalog_encryption_settings.this": encryption_settings,
    "aws_glue_data_quality_ruleset.this": ruleset,
    "aws_glue_job.shell": shell_job,
    "aws_glue_job.spark": spark_job,
    "aws_glue_partition.this": partition,
    "aws_glue_registry.this": registry,
    "aws_glue_resource_policy.this": resource_policy,
    "aws_glue_schema.this": schema,
    "aws_glue_trigger.conditional": conditional_trigger,
    "aws_glue_trigger.disabled": lambda s: {"enabled": (trigger(s, "disabled")["State"], "DEACTIVATED")},
    "aws_glue_trigger.enabled": lambda s: {"enabled": (trigger(s, "enabled")["State"], "ACTIVATED")},
    "aws_glue_trigger.event": event_trigger,
    "aws_glue_trigger.on_demand": on_demand_trigger,
    "aws_glue_trigger.scheduled": scheduled_trigger,
    "aws_glue_user_defined_function.this": function,
    "aws_glue_workflow.this": workflow,
}
