"""Athena, QuickSight and Budgets: what is put in comes out again, and nothing pretends to have run."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from moto.backends import get_backend

from localstack_glue.athena.errors import InvalidRequestException, ResourceNotFoundException
from localstack_glue.athena.provider import AthenaProvider
from localstack_glue.athena.refusals import QUERY_OPERATIONS
from localstack_glue.budgets.provider import BudgetsProvider
from localstack_glue.quicksight.provider import QuickSightProvider
from localstack_glue.service import stored_services
from localstack_glue.service.account_region import Scope
from localstack_glue.service.api import ModelApi
from localstack_glue.service.errors import ServiceError
from tests.unit.localstack_glue.answer_checks import model

ACCOUNT, REGION = "000000000000", "eu-central-1"
Call = Callable[..., dict[str, Any]]


class Noon:
    """A clock that stands."""

    def now(self) -> datetime:
        return datetime(2026, 5, 4, 12, tzinfo=UTC)


def calling(api: ModelApi) -> Call:
    """Call operations as the gateway does."""
    operations = model(api.service)

    def call(operation: str, **request: Any) -> dict[str, Any]:
        return api.invoke(operations.operation_model(operation), Scope(ACCOUNT, REGION), request)

    return call


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    stored_services.reset()
    yield
    stored_services.reset()


@pytest.fixture
def athena() -> Call:
    return calling(AthenaProvider(Noon()))


@pytest.fixture
def quicksight() -> Call:
    return calling(QuickSightProvider(Noon()))


@pytest.fixture
def budgets() -> Call:
    return calling(BudgetsProvider(Noon()))


def test_reset_forgets_what_moto_stores_of_operations_that_are_left_to_it() -> None:
    athena, iam = (get_backend(name)[ACCOUNT][place] for name, place in (("athena", "us-east-1"), ("iam", "aws")))
    athena.create_capacity_reservation("kept-free", 24, [])
    iam.create_user("region", "someone")

    stored_services.reset()

    assert athena.list_capacity_reservations() == []
    assert [user.name for user in iam.list_users(None, None, None)] == ["someone"]
    iam.reset()


def error_code(failure: pytest.ExceptionInfo[ServiceError]) -> str:
    return failure.value.code


@pytest.mark.parametrize("provider", [AthenaProvider, BudgetsProvider, QuickSightProvider])
def test_every_route_is_an_operation_of_the_model(provider):
    api = provider(Noon())
    assert set(api._operations) <= set(model(api.service).operation_names)


@pytest.mark.parametrize("operation", QUERY_OPERATIONS)
def test_athena_without_an_engine_refuses_queries(athena, operation):
    request = {"QueryString": "select 1", "QueryExecutionId": "q", "QueryExecutionIds": ["q"]}
    members = model("athena").operation_model(operation).input_shape.members
    with pytest.raises(ServiceError, match="runs no queries") as failure:
        athena(operation, **{name: value for name, value in request.items() if name in members})
    assert failure.value.status_code == 501


def test_primary_workgroup_is_there_and_stays(athena):
    assert [found["Name"] for found in athena("ListWorkGroups")["WorkGroups"]] == ["primary"]
    with pytest.raises(ServiceError, match="cannot be deleted"):
        athena("DeleteWorkGroup", WorkGroup="primary")


def test_workgroups_publish_metrics_only_on_request(athena):
    # what AWS returns: moto's test_create_and_get_workgroup, which its maintainers also run there
    athena("CreateWorkGroup", Name="silent")
    athena("CreateWorkGroup", Name="measured", Configuration={"PublishCloudWatchMetricsEnabled": True})
    found = {
        name: athena("GetWorkGroup", WorkGroup=name)["WorkGroup"]["Configuration"]["PublishCloudWatchMetricsEnabled"]
        for name in ("primary", "silent", "measured")
    }
    assert found == {"primary": False, "silent": False, "measured": True}


def test_workgroup_update_replaces_passed_fields_and_removes_named_ones(athena):
    results = {"OutputLocation": "s3://a/", "EncryptionConfiguration": {"EncryptionOption": "SSE_S3"}}
    limited = {"BytesScannedCutoffPerQuery": 10_000_000, "ResultConfiguration": results}
    athena("CreateWorkGroup", Name="w", Configuration=limited)
    updates = {
        "RemoveBytesScannedCutoffPerQuery": True,
        "RequesterPaysEnabled": True,
        "ResultConfigurationUpdates": {"OutputLocation": "s3://b/", "RemoveEncryptionConfiguration": True},
    }
    athena("UpdateWorkGroup", WorkGroup="w", State="DISABLED", ConfigurationUpdates=updates)
    found = athena("GetWorkGroup", WorkGroup="w")["WorkGroup"]
    assert (found["State"], found["Configuration"]) == (
        "DISABLED",
        {
            "EnableMinimumEncryptionConfiguration": False,
            "EnforceWorkGroupConfiguration": True,
            "EngineVersion": {"EffectiveEngineVersion": "Athena engine version 3", "SelectedEngineVersion": "AUTO"},
            "PublishCloudWatchMetricsEnabled": False,
            "RequesterPaysEnabled": True,
            "ResultConfiguration": {"OutputLocation": "s3://b/"},
        },
    )


def test_workgroup_with_saved_queries_goes_only_with_them(athena):
    athena("CreateWorkGroup", Name="w")
    query_id = athena("CreateNamedQuery", Name="n", Database="d", QueryString="select 1", WorkGroup="w")["NamedQueryId"]
    with pytest.raises(ServiceError, match="WorkGroup w is not empty"):
        athena("DeleteWorkGroup", WorkGroup="w")
    athena("DeleteWorkGroup", WorkGroup="w", RecursiveDeleteOption=True)
    with pytest.raises(ServiceError, match=f"{query_id} does not exist"):  # the words by which Terraform lets go of it
        athena("GetNamedQuery", NamedQueryId=query_id)


def test_glue_catalog_is_registered_and_cannot_be_changed(athena):
    assert athena("GetDataCatalog", Name="AwsDataCatalog")["DataCatalog"]["Type"] == "GLUE"
    with pytest.raises(ServiceError, match="cannot be changed"):
        athena("DeleteDataCatalog", Name="AwsDataCatalog")


def test_tags_of_a_missing_resource_are_not_found(athena):
    with pytest.raises(ServiceError) as failure:
        athena("ListTagsForResource", ResourceARN=f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/none")
    assert error_code(failure) == "ResourceNotFoundException"


def put_data_set(quicksight: Call, source_arn: str, import_mode: str = "SPICE") -> None:
    table = {"DataSourceArn": source_arn, "Name": "t", "InputColumns": [{"Name": "c", "Type": "STRING"}]}
    quicksight(
        "CreateDataSet",
        AwsAccountId=ACCOUNT,
        DataSetId="set",
        Name="n",
        PhysicalTableMap={"t": {"RelationalTable": table}},
        ImportMode=import_mode,
    )


def put_data_source(quicksight: Call, **more: Any) -> str:
    answer = quicksight("CreateDataSource", AwsAccountId=ACCOUNT, DataSourceId="src", Name="n", Type="ATHENA", **more)
    return str(answer["Arn"])


def test_data_set_of_an_unknown_data_source_is_refused(quicksight):
    with pytest.raises(ServiceError) as failure:
        put_data_set(quicksight, "arn:aws:quicksight:eu-central-1:000000000000:datasource/none")
    assert error_code(failure) == "InvalidParameterValueException"


@pytest.mark.parametrize(
    ("import_mode", "expected"),
    [("SPICE", "ResourceNotFoundException"), ("DIRECT_QUERY", "InvalidParameterValueException")],
)
def test_refresh_properties_that_were_never_put(quicksight, import_mode, expected):
    put_data_set(quicksight, put_data_source(quicksight), import_mode)
    with pytest.raises(ServiceError) as failure:
        quicksight("DescribeDataSetRefreshProperties", AwsAccountId=ACCOUNT, DataSetId="set")
    assert error_code(failure) == expected


def test_permissions_are_revoked_action_by_action(quicksight):
    put_data_source(quicksight, Permissions=[{"Principal": "p", "Actions": ["a", "b"]}])
    quicksight(
        "UpdateDataSourcePermissions",
        AwsAccountId=ACCOUNT,
        DataSourceId="src",
        GrantPermissions=[{"Principal": "q", "Actions": ["c"]}],
        RevokePermissions=[{"Principal": "p", "Actions": ["b"]}],
    )
    found = quicksight("DescribeDataSourcePermissions", AwsAccountId=ACCOUNT, DataSourceId="src")["Permissions"]
    assert found == [{"Principal": "p", "Actions": ["a"]}, {"Principal": "q", "Actions": ["c"]}]


def test_credentials_of_a_data_source_are_never_shown(quicksight):
    put_data_source(quicksight, Credentials={"CredentialPair": {"Username": "u", "Password": "p"}})
    source = quicksight("DescribeDataSource", AwsAccountId=ACCOUNT, DataSourceId="src")["DataSource"]
    assert "Credentials" not in source


BUDGET = {"BudgetName": "b", "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": "1", "Unit": "USD"}}
ALERT = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0}


def test_budget_keeps_its_notifications_when_it_is_updated(budgets):
    alert = {"Notification": ALERT, "Subscribers": [{"SubscriptionType": "EMAIL", "Address": "a@example.com"}]}
    budgets("CreateBudget", AccountId=ACCOUNT, Budget=BUDGET, NotificationsWithSubscribers=[alert])
    budgets("UpdateBudget", AccountId=ACCOUNT, NewBudget={**BUDGET, "TimeUnit": "QUARTERLY"})
    assert budgets("DescribeBudget", AccountId=ACCOUNT, BudgetName="b")["Budget"]["TimeUnit"] == "QUARTERLY"
    named = {"AccountId": ACCOUNT, "BudgetName": "b"}
    assert budgets("DescribeNotificationsForBudget", **named)["Notifications"] == [ALERT]
    asked = {**named, "Notification": {**ALERT, "ThresholdType": "PERCENTAGE"}}
    assert budgets("DescribeSubscribersForNotification", **asked)["Subscribers"] == alert["Subscribers"]


def test_budgets_are_one_list_for_all_regions(budgets):
    budgets("CreateBudget", AccountId=ACCOUNT, Budget=BUDGET)
    operation = model("budgets").operation_model("DescribeBudgets")
    found = BudgetsProvider(Noon()).invoke(operation, Scope(ACCOUNT, "us-east-1"), {"AccountId": ACCOUNT})["Budgets"]
    assert [budget["BudgetName"] for budget in found] == ["b"]


def test_saved_query_is_changed_and_a_batch_names_those_that_are_gone(athena):
    made = [athena("CreateNamedQuery", Name=name, Database="d", QueryString=f"select '{name}'") for name in "ab"]
    first, second = (each["NamedQueryId"] for each in made)
    athena("UpdateNamedQuery", NamedQueryId=first, Name="c", QueryString="select 1", Description="new")
    athena("UpdateNamedQuery", NamedQueryId=first, Name="c", QueryString="select 2")
    athena("DeleteNamedQuery", NamedQueryId=second)

    answer = athena("BatchGetNamedQuery", NamedQueryIds=[second, first])
    (found,), (missing,) = answer["NamedQueries"], answer["UnprocessedNamedQueryIds"]
    assert (found["Name"], found["QueryString"], found["Description"]) == ("c", "select 2", "new")
    assert missing["NamedQueryId"] == second
    assert athena("ListNamedQueries")["NamedQueryIds"] == [first]
    with pytest.raises(InvalidRequestException):
        athena("UpdateNamedQuery", NamedQueryId=second, Name="d", QueryString="select 1")


def test_prepared_statement_is_changed_and_belongs_to_its_workgroup(athena):
    athena("CreateWorkGroup", Name="w")
    athena("CreatePreparedStatement", WorkGroup="w", StatementName="of_w", QueryStatement="select 1", Description="old")
    athena("UpdatePreparedStatement", WorkGroup="w", StatementName="of_w", QueryStatement="select 2")
    found = athena("GetPreparedStatement", WorkGroup="w", StatementName="of_w")["PreparedStatement"]
    assert (found["QueryStatement"], found["Description"]) == ("select 2", "old")
    names = [
        [each["StatementName"] for each in athena("ListPreparedStatements", WorkGroup=group)["PreparedStatements"]]
        for group in ("w", "primary")
    ]
    assert names == [["of_w"], []]
    athena("DeletePreparedStatement", WorkGroup="w", StatementName="of_w")
    with pytest.raises(ResourceNotFoundException):
        athena("UpdatePreparedStatement", WorkGroup="w", StatementName="of_w", QueryStatement="select 3")


def test_data_catalog_is_replaced_whole_and_glues_own_is_always_there(athena):
    athena("CreateDataCatalog", Name="c", Type="LAMBDA", Description="old", Parameters={"function": "f"})
    with pytest.raises(InvalidRequestException, match="already exists"):
        athena("CreateDataCatalog", Name="AwsDataCatalog", Type="GLUE")
    athena("UpdateDataCatalog", Name="c", Type="HIVE", Parameters={"metadata-function": "g"})

    found = athena("GetDataCatalog", Name="c")["DataCatalog"]
    assert (found["Type"], found.get("Description"), found["Parameters"]) == ("HIVE", None, {"metadata-function": "g"})
    listed = athena("ListDataCatalogs")["DataCatalogsSummary"]
    assert [(each["CatalogName"], each["Type"]) for each in listed] == [("AwsDataCatalog", "GLUE"), ("c", "HIVE")]
    with pytest.raises(InvalidRequestException, match="cannot be changed"):
        athena("UpdateDataCatalog", Name="AwsDataCatalog", Type="GLUE")
