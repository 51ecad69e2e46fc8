"""Athena, QuickSight, Budgets and CloudWatch."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.integration.read_back.stack import ACCOUNT, REGION, TAGS, TEXT, Found, Stack, pairs


def workgroup(s: Stack) -> Found:
    athena = s.client("athena")
    found = athena.get_work_group(WorkGroup=s.prefix)["WorkGroup"]
    configuration = found["Configuration"]
    arn = f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/{s.prefix}"
    expected = {
        "EnforceWorkGroupConfiguration": False,
        "PublishCloudWatchMetricsEnabled": True,
        "BytesScannedCutoffPerQuery": 20971520,
        "ResultConfiguration": {
            "OutputLocation": f"s3://{s.prefix}/athena/2/",
            "EncryptionConfiguration": {"EncryptionOption": "SSE_KMS", "KmsKey": s.key_arn},
        },
    }
    return {
        "configuration": ({name: configuration.get(name) for name in expected}, expected),
        "description": (found["Description"], TEXT),
        "state": (found["State"], "DISABLED"),
        "tags": (pairs(athena.list_tags_for_resource(ResourceARN=arn)["Tags"]), TAGS),
    }


def prepared_statement(s: Stack) -> Found:
    found = s.client("athena").get_prepared_statement(StatementName=s.database, WorkGroup=s.prefix)["PreparedStatement"]
    return {
        "description": (found["Description"], TEXT),
        "query_statement": (found["QueryStatement"], "select * from t where c = ? limit 2"),
    }


def data_catalog(s: Stack) -> Found:
    athena = s.client("athena")
    found = athena.get_data_catalog(Name=s.prefix)["DataCatalog"]
    arn = f"arn:aws:athena:{REGION}:{ACCOUNT}:datacatalog/{s.prefix}"
    return {
        "description": (found["Description"], TEXT),
        "parameters": (found["Parameters"], {"catalog-id": "111111111111"}),
        "tags": (pairs(athena.list_tags_for_resource(ResourceARN=arn)["Tags"]), TAGS),
    }


def data_source(s: Stack) -> Found:
    quicksight = s.client("quicksight")
    named = {"AwsAccountId": ACCOUNT, "DataSourceId": s.prefix}
    found = quicksight.describe_data_source(**named)["DataSource"]
    granted = quicksight.describe_data_source_permissions(**named)["Permissions"][0]["Actions"]
    return {
        "name": (found["Name"], TEXT),
        "parameters": (found["DataSourceParameters"], {"AthenaParameters": {"WorkGroup": "primary"}}),
        "permission": ("quicksight:UpdateDataSource" in granted, True),
        "tags": (pairs(quicksight.list_tags_for_resource(ResourceArn=found["Arn"])["Tags"]), TAGS),
    }


def data_set(s: Stack) -> Found:
    quicksight = s.client("quicksight")
    named = {"AwsAccountId": ACCOUNT, "DataSetId": s.prefix}
    found = quicksight.describe_data_set(**named)["DataSet"]
    granted = quicksight.describe_data_set_permissions(**named)["Permissions"][0]["Actions"]
    columns = found["PhysicalTableMap"]["features"]["RelationalTable"]["InputColumns"]
    return {
        "name": (found["Name"], TEXT),
        "import_mode": (found["ImportMode"], "DIRECT_QUERY"),
        "permissions": ("quicksight:DescribeIngestion" in granted, True),
        "physical_table_map": ([column["Name"] for column in columns], ["brand", "sightings"]),
        "tags": (pairs(quicksight.list_tags_for_resource(ResourceArn=found["Arn"])["Tags"]), TAGS),
    }


def refreshed_data_set(s: Stack) -> Found:
    quicksight = s.client("quicksight")
    named = {"AwsAccountId": ACCOUNT, "DataSetId": f"{s.prefix}-refreshed"}
    found = quicksight.describe_data_set(**named)["DataSet"]
    refresh = quicksight.describe_data_set_refresh_properties(**named)["DataSetRefreshProperties"]
    window = refresh["RefreshConfiguration"]["IncrementalRefresh"]["LookbackWindow"]
    return {
        "name": (found["Name"], TEXT),
        "physical_table_map": (
            found["PhysicalTableMap"]["days"]["CustomSql"]["SqlQuery"],
            "select day from features limit 2",
        ),
        "refresh_properties": (window, {"ColumnName": "day", "Size": 2, "SizeUnit": "DAY"}),
    }


def budget(s: Stack) -> Found:
    budgets = s.client("budgets")
    named = {"AccountId": ACCOUNT, "BudgetName": s.prefix}
    found = budgets.describe_budget(**named)["Budget"]
    alerts = budgets.describe_notifications_for_budget(**named)["Notifications"]
    arn = f"arn:aws:budgets::{ACCOUNT}:budget/{s.prefix}"
    return {
        "cost_filter": (found["CostFilters"], {"TagKeyValue": ["user:revision$2"]}),
        "limit_amount": (float(found["BudgetLimit"]["Amount"]), 200.0),
        "notification": ([alert["Threshold"] for alert in alerts], [80.0]),
        "time_unit": (found["TimeUnit"], "QUARTERLY"),
        "tags": (pairs(budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"]), TAGS),
    }


def dashboard(s: Stack) -> Found:
    body = json.loads(s.client("cloudwatch").get_dashboard(DashboardName=s.prefix)["DashboardBody"])
    wanted = {"widgets": [{"type": "text", "width": 6, "height": 3, "properties": {"markdown": TEXT}}]}
    return {"dashboard_body": (body, wanted)}


def alarm(s: Stack) -> Found:
    cloudwatch = s.client("cloudwatch")
    found = cloudwatch.describe_alarms(AlarmNames=[s.prefix])["MetricAlarms"][0]
    return {
        "alarm_description": (found["AlarmDescription"], TEXT),
        "evaluation_periods": (found["EvaluationPeriods"], 2),
        "tags": (pairs(cloudwatch.list_tags_for_resource(ResourceARN=found["AlarmArn"])["Tags"]), TAGS),
    }


OTHER_RESOURCES: dict[str, Callable[[Stack], Found]] = {
    "aws_athena_data_catalog.this": data_catalog,
    "aws_athena_prepared_statement.this": prepared_statement,
    "aws_athena_workgroup.this": workgroup,
    "aws_budgets_budget.this": budget,
    "aws_cloudwatch_dashboard.this": dashboard,
    "aws_cloudwatch_metric_alarm.this": alarm,
    "aws_quicksight_data_set.refreshed": refreshed_data_set,
    "aws_quicksight_data_set.this": data_set,
    "aws_quicksight_data_source.this": data_source,
}
