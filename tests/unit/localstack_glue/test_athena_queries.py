"""Queries by Athena's API: how they run, stop and end, where their results are, and who may have them."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from localstack_glue.athena.engine.errors import QueryCancelledError, QueryFailedError
from localstack_glue.service.errors import ServiceError
from tests.unit.localstack_glue.answer_checks import model
from tests.unit.localstack_glue.athena_api import Athena


def refusal(operation: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": "AccessDeniedException", "Message": message}}, operation)


def test_query_runs_and_its_results_lie_in_the_workgroups_location(athena):
    query_id = athena.start(QueryExecutionContext={"Database": "Feeds"})
    done = athena.wait_for(query_id)
    assert (done["Status"]["State"], done["StatementType"], done["WorkGroup"]) == ("SUCCEEDED", "DML", "w")
    assert done["ResultConfiguration"] == {"OutputLocation": f"s3://results/q/{query_id}.csv"}
    assert done["Statistics"]["DataScannedInBytes"] == 7
    assert athena.s3.get_object(Bucket="results", Key=f"q/{query_id}.csv")["Body"].read() == b'"n"\n"1"\n\n'
    (asked,) = athena.engine.asked
    assert (asked["database"], asked["scan_limit_bytes"]) == ("feeds", 9)


def test_results_come_with_the_header_first_and_in_pages(athena):
    query_id = athena.start()
    athena.wait_for(query_id)
    first = athena("GetQueryResults", QueryExecutionId=query_id, MaxResults=2)
    assert first["ResultSet"]["Rows"] == [{"Data": [{"VarCharValue": "n"}]}, {"Data": [{"VarCharValue": "1"}]}]
    assert first["ResultSet"]["ResultSetMetadata"]["ColumnInfo"][0]["Type"] == "bigint"
    second = athena("GetQueryResults", QueryExecutionId=query_id, NextToken=first["NextToken"])
    assert second["ResultSet"]["Rows"] == [{"Data": [{}]}]
    assert second["NextToken"] is None


def test_token_of_no_page_is_refused_by_a_name_of_athenas(athena):
    query_id = athena.start()
    athena.wait_for(query_id)
    with pytest.raises(ServiceError, match="Malformed nextPageToken zzz") as error:
        athena("GetQueryResults", QueryExecutionId=query_id, NextToken="zzz")
    assert error.value.code == "InvalidRequestException"
    with pytest.raises(ServiceError, match="Malformed nextPageToken zzz"):
        athena("ListWorkGroups", NextToken="zzz")


def test_request_token_stands_for_one_question(athena):
    first = athena.start("select 1", ClientRequestToken="t" * 32)
    assert athena.start("select 1", ClientRequestToken="t" * 32) == first
    others = ({"QueryExecutionContext": {"Database": "other"}}, {"ExecutionParameters": ["1"]})
    for other in ({"sql": "select 2"}, *({"sql": "select 1", **other} for other in others)):
        with pytest.raises(ServiceError, match="Idempotent parameters do not match") as error:
            athena.start(**{"ClientRequestToken": "t" * 32, **other})
        assert error.value.members == {"AthenaErrorCode": "IDEMPOTENT_PARAMETER_MISMATCH"}


@pytest.mark.parametrize(
    ("operation", "request_", "reason"),
    [
        ("StartQueryExecution", {"QueryString": "selec 1"}, "MALFORMED_QUERY"),
        ("StartQueryExecution", {"QueryString": "select 1", "WorkGroup": "none"}, "INVALID_INPUT"),
        ("GetQueryExecution", {"QueryExecutionId": "none"}, "QUERY_EXECUTION_NOT_FOUND"),
        ("GetNamedQuery", {"NamedQueryId": "none"}, "NAMED_QUERY_NOT_FOUND"),
    ],
)
def test_refusal_has_the_reason_by_which_clients_tell_it_apart(athena, operation, request_, reason):
    with pytest.raises(ServiceError) as error:
        athena(operation, **request_)
    assert error.value.members == {"AthenaErrorCode": reason}


def test_results_that_are_not_there_yet_or_never_have_reasons_of_their_own(athena):
    athena.engine.go.clear()
    query_id = athena.start()
    athena.engine.answer = QueryFailedError("GENERIC_INTERNAL_ERROR", "lost")
    reasons = []
    for is_over in (False, True):
        if is_over:
            athena.engine.go.set()
            athena.wait_for(query_id)
        with pytest.raises(ServiceError) as error:
            athena("GetQueryResults", QueryExecutionId=query_id)
        reasons.append(error.value.members["AthenaErrorCode"])
    assert reasons == ["INVALID_QUERY_EXECUTION_STATE"] * 2


@pytest.mark.parametrize(
    ("outcome", "state", "error_type"),
    [
        (QueryFailedError("TABLE_NOT_FOUND", "line 1:15: Table 'x' does not exist"), "FAILED", 1301),
        (QueryFailedError("TYPE_MISMATCH", "line 1:8: Cannot apply operator"), "FAILED", 1002),
        (RuntimeError("a bug"), "FAILED", 200),
        (QueryCancelledError("Bytes scanned limit was exceeded"), "CANCELLED", None),
    ],
)
def test_failed_query_has_a_reason_and_no_results(athena, outcome, state, error_type):
    athena.engine.answer = outcome
    query_id = athena.start()
    status = athena.wait_for(query_id)["Status"]
    assert status["State"] == state
    assert str(outcome).split(": ")[-1] in status["StateChangeReason"]
    assert status.get("AthenaError", {}).get("ErrorType") == error_type
    no_results = "Could not find results" if state == "CANCELLED" else f"Final query state: {state}"
    with pytest.raises(ServiceError, match=no_results):
        athena("GetQueryResults", QueryExecutionId=query_id)


def test_running_query_has_no_results_yet_and_can_be_stopped(athena):
    athena.engine.go.clear()
    query_id = athena.start()
    with pytest.raises(ServiceError, match="Query has not yet finished"):
        athena("GetQueryResults", QueryExecutionId=query_id)
    athena("StopQueryExecution", QueryExecutionId=query_id)
    assert athena.wait_for(query_id)["Status"]["State"] == "CANCELLED"
    athena("StopQueryExecution", QueryExecutionId=query_id)  # once more does no harm


def test_end_of_the_service_stops_what_runs(athena):
    athena.engine.go.clear()
    query_id = athena.start()
    athena.api.close()
    assert athena.wait_for(query_id)["Status"]["State"] == "CANCELLED"


def test_same_token_is_the_same_query(athena):
    ids = {athena.start(ClientRequestToken="t" * 32) for _ in range(2)}
    assert len(ids) == 1
    assert athena.wait_for(*ids)["Status"]["State"] == "SUCCEEDED"
    assert len(athena.engine.asked) == 1


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"QueryString": "selec 1", "WorkGroup": "w"}, "mismatched input"),
        ({"QueryString": "select 1"}, "No output location provided"),
        ({"QueryString": "select 1", "WorkGroup": "nowhere"}, "WorkGroup nowhere is not found"),
        ({"QueryString": "select 1", "WorkGroup": "w", "QueryExecutionContext": {"Catalog": "other"}}, "Catalog other"),
    ],
)
def test_request_that_cannot_be_run_is_refused(athena, request_, message):
    with pytest.raises(ServiceError, match=message):
        athena("StartQueryExecution", **request_)
    assert athena("ListQueryExecutions", WorkGroup="w")["QueryExecutionIds"] == []


def test_location_of_the_caller_counts_only_where_the_workgroup_allows_it(athena):
    own = {"OutputLocation": "s3://results/mine/"}
    assert "/q/" in athena.wait_for(athena.start(ResultConfiguration=own))["ResultConfiguration"]["OutputLocation"]
    athena("UpdateWorkGroup", WorkGroup="w", ConfigurationUpdates={"EnforceWorkGroupConfiguration": False})
    assert "/mine/" in athena.wait_for(athena.start(ResultConfiguration=own))["ResultConfiguration"]["OutputLocation"]


def test_results_and_written_files_are_encrypted_as_configured(athena):
    options = {
        "EncryptionConfiguration": {"EncryptionOption": "SSE_KMS", "KmsKey": "alias/mine"},
        "AclConfiguration": {"S3AclOption": "BUCKET_OWNER_FULL_CONTROL"},
    }
    location = {"OutputLocation": "s3://results/safe/"}
    athena("CreateWorkGroup", Name="safe", Configuration={"ResultConfiguration": {**location, **options}})
    query_id = athena("StartQueryExecution", QueryString="select 1", WorkGroup="safe")["QueryExecutionId"]
    shown = athena.wait_for(query_id)["ResultConfiguration"]
    assert {name: shown[name] for name in options} == options
    stored = athena.s3.head_object(Bucket="results", Key=f"safe/{query_id}.csv")
    assert (stored["ServerSideEncryption"], stored["SSEKMSKeyId"]) == ("aws:kms", "alias/mine")
    assert athena.engine.asked[-1]["encryption"] == {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "alias/mine"}
    options["EncryptionConfiguration"] = {"EncryptionOption": "CSE_KMS", "KmsKey": "alias/mine"}
    athena("CreateWorkGroup", Name="client", Configuration={"ResultConfiguration": {**location, **options}})
    with pytest.raises(ServiceError, match="CSE_KMS"):
        athena("StartQueryExecution", QueryString="select 1", WorkGroup="client")


def test_what_would_be_ignored_is_refused(athena):
    with pytest.raises(ServiceError, match="EngineConfiguration"):
        athena.start(EngineConfiguration={"MaxConcurrentDpus": 20})
    query_id = athena.start()
    athena.wait_for(query_id)
    with pytest.raises(ServiceError, match="DATA_MANIFEST"):
        athena("GetQueryResults", QueryExecutionId=query_id, QueryResultType="DATA_MANIFEST")
    spark = {"EngineVersion": {"SelectedEngineVersion": "PySpark engine version 3"}}
    athena("CreateWorkGroup", Name="spark", Configuration=spark)
    with pytest.raises(ServiceError, match="is for Spark"):
        athena("StartQueryExecution", QueryString="select 1", WorkGroup="spark")


def test_disabled_workgroup_runs_nothing(athena):
    athena("UpdateWorkGroup", WorkGroup="w", State="DISABLED")
    with pytest.raises(ServiceError, match="is disabled"):
        athena.start()


def test_deleted_bucket_fails_the_query(athena):
    athena.s3.delete_bucket(Bucket="results")
    status = athena.wait_for(athena.start())["Status"]
    assert status["StateChangeReason"].startswith("UNABLE_TO_WRITE_RESULTS: s3://results/q/")


def test_executions_are_listed_newest_first_and_fetched_in_batches(athena):
    ids = [athena.start() for _ in range(3)]
    for query_id in ids:
        athena.wait_for(query_id)
    assert athena("ListQueryExecutions", WorkGroup="w")["QueryExecutionIds"] == ids[::-1]
    batch = athena("BatchGetQueryExecution", QueryExecutionIds=[ids[0], "none"])
    assert [found["QueryExecutionId"] for found in batch["QueryExecutions"]] == ids[:1]
    assert [found["QueryExecutionId"] for found in batch["UnprocessedQueryExecutionIds"]] == ["none"]


def test_answers_hold_only_members_of_the_model(athena):
    query_id = athena.start()
    athena.wait_for(query_id)
    for operation in ("GetQueryExecution", "GetQueryResults", "GetQueryRuntimeStatistics"):
        shape = model("athena").operation_model(operation).output_shape
        check(shape, athena(operation, QueryExecutionId=query_id))


def check(shape: Any, value: Any) -> None:
    if shape.type_name == "structure" and isinstance(value, dict):
        assert set(value) <= set(shape.members), shape.name
        for name, member in value.items():
            check(shape.members[name], member)
    elif shape.type_name == "list" and isinstance(value, list):
        for item in value:
            check(shape.member, item)


REUSE = {"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 60}}


def test_results_of_an_earlier_run_are_taken_where_the_caller_allows_it(athena: Athena):
    first = athena.wait_for(athena.start(ResultReuseConfiguration=REUSE))
    second = athena.wait_for(athena.start(ResultReuseConfiguration=REUSE))
    assert [each["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"] for each in (first, second)] == [
        False,
        True,
    ]
    assert (second["ResultReuseConfiguration"], second["Statistics"]["DataScannedInBytes"]) == (REUSE, 0)
    assert second["ResultConfiguration"] == first["ResultConfiguration"]
    rows = [athena("GetQueryResults", QueryExecutionId=each["QueryExecutionId"]) for each in (first, second)]
    assert rows[0] == rows[1]
    assert len(athena.engine.asked) == 1


def test_query_that_may_not_reuse_results_says_so(athena: Athena):
    query = athena.wait_for(athena.start())
    assert query["ResultReuseConfiguration"] == {"ResultReuseByAgeConfiguration": {"Enabled": False}}


@pytest.mark.parametrize(
    "other",
    [
        {"sql": "select n from u"},
        {"QueryExecutionContext": {"Database": "other"}},
        {"ResultReuseConfiguration": {}},
        {"ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": False}}},
    ],
)
def test_another_question_gets_no_earlier_results(athena: Athena, other: dict[str, Any]):
    athena.wait_for(athena.start(ResultReuseConfiguration=REUSE))
    athena.wait_for(athena.start(**{"ResultReuseConfiguration": REUSE, **other}))
    assert len(athena.engine.asked) == 2


@pytest.mark.parametrize(
    "sql", ["select rand()", "select uuid()", "select now()", "select current_date", "select n from t limit 1"]
)
def test_answer_that_depends_on_chance_or_the_clock_is_not_taken_again(athena: Athena, sql: str):
    for _ in range(2):
        athena.wait_for(athena.start(sql, ResultReuseConfiguration=REUSE))
    assert len(athena.engine.asked) == 2


def test_results_in_another_place_are_not_taken(athena: Athena):
    athena("UpdateWorkGroup", WorkGroup="w", ConfigurationUpdates={"EnforceWorkGroupConfiguration": False})
    for folder in ("a", "b"):
        place = {"OutputLocation": f"s3://results/{folder}/"}
        athena.wait_for(athena.start(ResultReuseConfiguration=REUSE, ResultConfiguration=place))
    assert len(athena.engine.asked) == 2


def test_failed_runs_and_statements_that_write_are_run_anew(athena: Athena):
    athena.engine.answer = QueryFailedError("TABLE_NOT_FOUND", "no table")
    for sql in ("select n from t", "select n from t", "insert into t select 1", "insert into t select 1"):
        athena.wait_for(athena.start(sql, ResultReuseConfiguration=REUSE))
    assert len(athena.engine.asked) == 4


def test_workgroup_that_manages_results_needs_no_place_for_them(athena: Athena):
    athena("CreateWorkGroup", Name="managed", Configuration={"ManagedQueryResultsConfiguration": {"Enabled": True}})
    answer = athena("StartQueryExecution", QueryString="select n from t", WorkGroup="managed")
    done = athena.wait_for(answer["QueryExecutionId"])
    assert (done["Status"]["State"], "ResultConfiguration" in done) == ("SUCCEEDED", False)
    assert done["ManagedQueryResultsConfiguration"] == {"Enabled": True}
    rows = athena("GetQueryResults", QueryExecutionId=answer["QueryExecutionId"])["ResultSet"]["Rows"]
    assert rows[1:] == [{"Data": [{"VarCharValue": "1"}]}, {"Data": [{}]}]
    assert "Contents" not in athena.s3.list_objects_v2(Bucket="results")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            refusal("GetTable", "not authorized to perform: glue:GetTable on resource: arn:aws:glue:::table/db/t"),
            "Insufficient permissions to execute the query. not authorized to perform: glue:GetTable",
        ),
        (
            refusal("GetObject", 'not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::lake/raw/a.csv"'),
            "PERMISSION_DENIED: Permission denied on S3 path: s3://lake/raw/a.csv",
        ),
        (
            OSError(
                "When reading information for key 'c/m.json' in bucket 'lake': AWS Error ACCESS_DENIED during Head"
            ),
            "PERMISSION_DENIED: Permission denied on S3 path: s3://lake/c/m.json",
        ),
    ],
)
def test_denied_call_of_the_caller_is_reported(athena: Athena, error: Exception, reason: str):
    athena.engine.answer = error
    assert athena.wait_for(athena.start())["Status"]["StateChangeReason"].startswith(reason)


def test_database_in_back_ticks_is_its_name(athena: Athena):
    athena.wait_for(athena.start(QueryExecutionContext={"Database": "`my-db`"}))
    assert athena.engine.asked[-1]["database"] == "my-db"


def test_databases_and_tables_are_listed(athena: Athena):
    glue = boto3.client("glue", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    athena.engine.glue = glue
    glue.create_database(DatabaseInput={"Name": "db", "Description": "d"})
    storage = {"Columns": [{"Name": "a", "Type": "int", "Comment": "c"}], "Location": "s3://b/t/"}
    for name in ("t1", "t2"):
        glue.create_table(
            DatabaseName="db", TableInput={"Name": name, "StorageDescriptor": storage, "Parameters": {"x": "y"}}
        )
    of = {"CatalogName": "AwsDataCatalog"}
    assert athena("ListDatabases", **of)["DatabaseList"] == [{"Name": "db", "Description": "d"}]
    assert athena("GetDatabase", **of, DatabaseName="db")["Database"]["Name"] == "db"
    tables = athena("ListTableMetadata", **of, DatabaseName="db", Expression="t*", MaxResults=1)
    assert [each["Name"] for each in tables["TableMetadataList"]] == ["t1"]
    assert (
        athena("ListTableMetadata", **of, DatabaseName="db", NextToken=tables["NextToken"])["TableMetadataList"][0][
            "Name"
        ]
        == "t2"
    )
    found = athena("GetTableMetadata", **of, DatabaseName="db", TableName="t1")["TableMetadata"]
    assert (found["Columns"], found["Parameters"]) == (
        [{"Name": "a", "Type": "int", "Comment": "c"}],
        {"x": "y", "location": "s3://b/t/"},
    )
    with pytest.raises(ServiceError, match="EntityNotFoundException"):
        athena("GetTableMetadata", **of, DatabaseName="db", TableName="none")
