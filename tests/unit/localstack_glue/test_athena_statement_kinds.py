"""Statements by Athena's API: their kinds, what those that write leave, and the names that they refuse."""

import pytest

from localstack_glue.athena.engine.results import Answer, ResultColumn
from localstack_glue.athena.engine.run import QueryEngine
from localstack_glue.athena.engine.statements import split_values
from localstack_glue.service.errors import ServiceError
from tests.unit.localstack_glue.athena_api import Athena


def test_rows_that_a_statement_wrote_are_counted_and_its_files_are_listed(athena: Athena):
    athena.engine.answer = Answer(
        (ResultColumn("rows", "bigint", 19),), (), update_count=3, manifest=("s3://lake/t/a.parquet",)
    )
    query_id = athena.start("INSERT INTO t SELECT 1")
    found = athena.wait_for(query_id)
    assert (found["StatementType"], found["SubstatementType"]) == ("DML", "INSERT")
    answer = athena("GetQueryResults", QueryExecutionId=query_id)
    assert (answer["UpdateCount"], answer["ResultSet"]["Rows"]) == (3, [])
    assert found["ResultConfiguration"]["OutputLocation"] == f"s3://results/q/{query_id}"  # which no object has
    manifest = found["Statistics"]["DataManifestLocation"]
    assert manifest == f"s3://results/q/{query_id}-manifest.csv"
    content = athena.s3.get_object(Bucket="results", Key=f"q/{query_id}-manifest.csv")["Body"].read()
    assert content == b"s3://lake/t/a.parquet\n"
    assert athena.s3.head_object(Bucket="results", Key=f"q/{query_id}.metadata")["ContentLength"]


def test_statement_that_wrote_no_file_has_an_empty_manifest(athena: Athena):
    athena.engine.answer = Answer((), (), update_count=0, manifest=())
    query_id = athena.start("unload (select 1) to 's3://b/'")
    place = athena.wait_for(query_id)["Statistics"]["DataManifestLocation"]
    assert athena.s3.get_object(Bucket="results", Key=place.removeprefix("s3://results/"))["Body"].read() == b""


def test_table_created_from_a_query_is_stored_beside_the_results(athena: Athena):
    query_id = athena.start("create table t as select 1 a")
    place = f"s3://results/q/tables/{query_id}"
    assert athena.wait_for(query_id)["ResultConfiguration"]["OutputLocation"] == place
    assert athena.engine.asked[-1]["tables_location"] == place


def test_statement_kinds_are_athenas(athena: Athena):
    kinds = {
        "create table t as select 1": ("DDL", "CREATE_TABLE_AS_SELECT"),
        "create or replace view v as select 1": ("DDL", "CREATE_VIEW"),
        "CREATE EXTERNAL TABLE t (a int) LOCATION 's3://b/'": ("DDL", "CREATE_TABLE"),
        "alter table t add columns (a int)": ("DDL", "ALTER_TABLE_ADD_COLUMN"),
        "alter table `d`.`t` set tblproperties ('comment' = 'add columns')": ("DDL", "ALTER_TABLE_PROPERTIES"),
        "alter table d.t drop if exists partition (p = 'v')": ("DDL", "ALTER_TABLE_DROP_PARTITION"),
        "alter table t rename to u": ("DDL", "ALTER_TABLE_RENAME"),
        "create schema d": ("DDL", "CREATE_DATABASE"),
        "msck repair table t": ("DDL", "MSCK_REPAIR"),
        "show tables": ("UTILITY", "SHOW_TABLES"),
        "/* all */ show schemas": ("UTILITY", "SHOW_DATABASES"),
        "show create view v": ("UTILITY", "SHOW_CREATE_VIEW"),
        "show tblproperties t": ("UTILITY", "SHOW_TABLE_PROPERTIES"),
        "-- what is it?\ndesc t": ("UTILITY", "DESCRIBE_TABLE"),
        "unload (select 1) to 's3://b/'": ("DML", "UNLOAD"),
        "with a as (select 1) select * from a": ("DML", "SELECT"),
        "explain select 1": ("DML", "EXPLAIN"),
        "vacuum t": ("DML", "VACUUM"),
        "optimize t rewrite data using bin_pack": ("DDL", "OPTIMIZE"),
    }
    for sql, kind in kinds.items():
        found = athena("GetQueryExecution", QueryExecutionId=athena.start(sql))["QueryExecution"]
        assert (found["StatementType"], found["SubstatementType"]) == kind, sql


@pytest.mark.parametrize(
    "sql",
    [
        'drop table "t"',
        'drop table if exists d."t"',
        'SHOW CREATE TABLE "t"',
        '-- why not\nalter table "d".t add columns (a int)',
        'show tables in "d"',
        "create external table if not exists \"t\" (a int) location 's3://b/'",
        "create external table t (a int, \"b\" int) location 's3://b/'",
    ],
)
def test_name_in_double_quotes_is_refused_where_athena_takes_backticks(athena: Athena, sql: str):
    with pytest.raises(ServiceError, match="mismatched input '\"") as error:
        athena.start(sql)
    assert "backticks" in str(error.value)


@pytest.mark.parametrize(
    "sql",
    [
        'create table "t" as select 1 a',
        'create view "v" as select 1 a',
        'drop view "v"',
        "drop table `t`",
        'create external table t (a int comment "the key") location \'s3://b/\' tblproperties ("a"="b", "c"="d")',
        "create external table t (a int comment ', \"x\" int') location 's3://b/'",
        'select "a" from "t"',
    ],
)
def test_double_quotes_are_accepted_where_athena_accepts_them(athena: Athena, sql: str):
    assert athena.start(sql)


@pytest.mark.parametrize(
    "sql",
    [
        *(
            f"create external table t (a {kind}) location 's3://b/'"
            for kind in (
                *("text", "real", "datetime", "bigint(20)", "varchar", "char", "timestamp(3)", "uuid", "json"),
                *("array<text>", "uniontype<int,string>"),
            )
        ),
        "create external table t (a int not null) location 's3://b/'",
        "create external table t (a int, primary key (a)) location 's3://b/'",
        "create external table t (a int) location 's3://b/' stored as parquet",
        "create external table t (a int) location 's3://b/' comment 'late'",
        "alter table t add columns (a text)",
        "alter table t change a b text",
        "alter table t change a",
        "alter table t add partition (p > 1)",
        "alter table t add partition (p = 1), partition (p = 2)",
        "alter table t drop partition (p = 1) partition (p = 2)",
        "alter table t drop partition (p = 1) location 's3://b/'",
        "create database d with dbproperties ('a' = )",
    ],
)  # fmt: skip
def test_what_hives_grammar_does_not_have_is_refused_when_a_statement_is_started(athena: Athena, sql: str):
    with pytest.raises(ServiceError, match="mismatched input"):
        athena.start(sql)


@pytest.mark.parametrize(
    "sql",
    [
        *("select", "select from t", "select 1 from t group by", "select 1 as", "select a,, b from t"),
        *("select 1 from t order by 1 asc desc", "select * from t for version as of"),
        *("insert into t", "update t set", "update t set a", "create view v", "create view v as", "create table t as"),
    ],
)
def test_statement_without_one_of_its_parts_is_refused_when_it_is_started(athena: Athena, sql: str):
    with pytest.raises(ServiceError, match="mismatched input"):
        athena.start(sql)


@pytest.mark.parametrize(
    ("sql", "values", "counts"),
    [
        ("select n from t where a = ?", [], (1, 0)),
        ("select n from t where a = ?", ["1", "2"], (1, 2)),
        ("select n from t limit ?", [], (1, 0)),
        ("insert into t select ?, ?", ["1"], (2, 1)),
        ("create table t with (external_location = 's3://b/') as select ? a", [], (1, 0)),
        ("explain select ?", [], (1, 0)),
        ("unload (select ?) to 's3://b/'", [], (1, 0)),
        ("create external table t (a int) location 's3://b/'", ["1"], (0, 1)),
        *((sql, ["1"], (0, 1)) for sql in ("show tables", "drop table t", "vacuum t", "prepare p from select ?")),
        *((sql, ["1"], (0, 1)) for sql in ("deallocate prepare p", "alter table t drop partition (p = 1)")),
        ("execute pair", ["1"], (2, 1)),
        ("execute pair using 1, 2, 3", [], (2, 3)),
    ],
)
def test_query_fails_if_the_number_of_its_parameters_is_wrong(athena: Athena, sql, values, counts):
    # https://github.com/aws/aws-sdk-js-v3/issues/3837
    athena("UpdateWorkGroup", WorkGroup="w", ConfigurationUpdates={"EnforceWorkGroupConfiguration": False})
    for name in ("pair", "p"):
        athena("CreatePreparedStatement", WorkGroup="w", StatementName=name, QueryStatement="select n from t where ?>?")
    athena.engine = QueryEngine(None, athena.s3, {})  # it asks Glue for nothing
    request = {"ExecutionParameters": values} if values else {}
    reuse = {"ResultReuseByAgeConfiguration": {"Enabled": True}}

    status = athena.wait_for(athena.start(sql, ResultReuseConfiguration=reuse, **request))["Status"]

    reason = f"Incorrect number of parameters: expected {counts[0]} but found {counts[1]}"
    assert (status["State"], status["StateChangeReason"]) == ("FAILED", reason)
    assert status["AthenaError"] == {
        "ErrorCategory": 2,
        "ErrorType": 1006,
        "Retryable": False,
        "ErrorMessage": reason,
    }


def test_text_that_is_not_sql_is_refused_whatever_the_number_of_its_parameters(athena: Athena):
    for sql in (
        "select from t where a = ?",
        "select 1 from t where a = ? limit 'x'",
        "explain select from t where a = ?",
        "explain selec 1",
        "explain analyze (format text) selec 1",
        "/* why */ explain -- not\n selec 1",
        "explain",
        "prepare p from selec 1",
        "prepare p from select from t",
        "/* why */ prepare p from unload (selec 1) to 's3://b/'",
        "prepare p from",
        "prepare from select 1",
        "execute p using (",
        "execute p using 1,",
        "execute p using",
        "execute p 1",
        "execute a.b",
        "deallocate p",
    ):
        with pytest.raises(ServiceError, match="mismatched input"):
            athena.start(sql)


def test_prepared_statement_takes_its_values_from_one_place(athena: Athena):
    athena("CreatePreparedStatement", WorkGroup="w", StatementName="p", QueryStatement="select n from t where a = ?")
    status = athena.wait_for(athena.start("execute p using 1", ExecutionParameters=["2"]))["Status"]
    assert (status["State"], status["StateChangeReason"][:26]) == ("FAILED", "NOT_SUPPORTED: line 1:1: E")


def test_request_token_of_a_named_query_stands_for_one_query(athena: Athena):
    request = {"Name": "n", "Database": "d", "QueryString": "select 1", "ClientRequestToken": "t" * 32}
    assert athena("CreateNamedQuery", **request) == athena("CreateNamedQuery", **request)
    with pytest.raises(ServiceError, match="Idempotent parameters do not match"):
        athena("CreateNamedQuery", **{**request, "QueryString": "select 2"})
    assert len(athena("ListNamedQueries")["NamedQueryIds"]) == 1


def test_location_of_a_table_is_the_workgroups_where_that_enforces_its_own(athena: Athena):
    sql = "create table t with (external_location = 's3://b/') as select 1 a"
    with pytest.raises(ServiceError, match="enforces a centralized output location"):
        athena.start(sql)
    assert athena.start("create table t with (format = 'ORC') as select 1 a")
    athena("UpdateWorkGroup", WorkGroup="w", ConfigurationUpdates={"EnforceWorkGroupConfiguration": False})
    assert athena.start(sql)


@pytest.mark.parametrize("sql", ["PREPARE p FROM show tables", "PREPARE p FROM vacuum t", "PREPARE p FROM select 2"])
def test_statement_that_cannot_be_prepared_is_refused(athena: Athena, sql: str):
    if "select" in sql:
        athena.wait_for(athena.start("PREPARE P FROM select 1"))
    status = athena.wait_for(athena.start(sql))["Status"]
    assert (status["State"], "prepare" in status["StateChangeReason"].lower()) == ("FAILED", True)


def test_engine_versions_are_those_of_today(athena: Athena):
    known = [each["SelectedEngineVersion"] for each in athena("ListEngineVersions")["EngineVersions"]]
    assert known == ["AUTO", "Athena engine version 3", "PySpark engine version 3"]
    old = {"EngineVersion": {"SelectedEngineVersion": "Athena engine version 2"}}
    with pytest.raises(ServiceError, match="is not an engine version"):
        athena("CreateWorkGroup", Name="old", Configuration=old)
    with pytest.raises(ServiceError, match="is not an engine version"):
        athena("UpdateWorkGroup", WorkGroup="w", ConfigurationUpdates=old)


def test_prepared_statements_are_created_run_and_dropped_by_sql(athena: Athena):
    assert (
        athena.wait_for(athena.start("PREPARE p FROM select n from t where a = ? and b = ?"))["Status"]["State"]
        == "SUCCEEDED"
    )
    athena.wait_for(athena.start("EXECUTE p USING 1, 'x, y'"))
    assert athena.engine.asked[-1]["sql"] == "select n from t where a = ? and b = ?"
    assert athena.engine.asked[-1]["parameters"] == ("1", "'x, y'")
    athena.wait_for(athena.start('execute "p"', ExecutionParameters=["2", "'z'"]))
    assert athena.engine.asked[-1]["parameters"] == ("2", "'z'")
    athena.wait_for(athena.start("DEALLOCATE PREPARE p"))
    assert "was not found" in athena.wait_for(athena.start("EXECUTE p"))["Status"]["StateChangeReason"]


def test_prepared_statements_are_fetched_in_batches(athena: Athena):
    for name in ("p", "q"):
        athena("CreatePreparedStatement", WorkGroup="w", StatementName=name, QueryStatement=f"select '{name}'")

    answer = athena("BatchGetPreparedStatement", WorkGroup="w", PreparedStatementNames=["q", "none", "p"])

    assert [found["QueryStatement"] for found in answer["PreparedStatements"]] == ["select 'q'", "select 'p'"]
    (missing,) = answer["UnprocessedPreparedStatementNames"]
    assert (missing["StatementName"], missing["ErrorCode"]) == ("none", "ResourceNotFoundException")
    assert set(missing) == {"StatementName", "ErrorCode", "ErrorMessage"}


def test_given_values_keep_their_types():
    given = "decimal '1.5', timestamp '2024-01-01 10:00:00 Asia/Tokyo', char 'a ', cast('1.5' as decimal(3,1))"
    assert split_values(given) == (
        "DECIMAL '1.5'",
        "TIMESTAMP '2024-01-01 10:00:00 Asia/Tokyo'",
        "CHAR 'a '",
        "CAST('1.5' AS DECIMAL(3, 1))",
    )
