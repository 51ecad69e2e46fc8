"""Views: how they are stored, what they answer, and when they are stale."""

import base64
import json

import pytest

from localstack_glue.athena.engine.errors import QueryFailedError
from tests.unit.localstack_glue.athena_lake import Lake, get_table, run


def test_view_is_stored_as_athena_stores_it_and_can_be_read(lake: Lake):
    lake.table("t", "a int; b string")
    lake.put("t/x.csv", "1,x\n2,y\n")
    run(
        lake, "CREATE OR REPLACE VIEW v AS SELECT date_diff('day', date '2024-01-01', date '2024-01-03') d, a, b FROM t"
    )
    found = get_table(lake, "v")
    assert found["TableType"] == "VIRTUAL_VIEW"
    text = found["ViewOriginalText"].removeprefix("/* Presto View: ").removesuffix(" */")
    told = json.loads(base64.b64decode(text))
    assert told["originalSql"] == "SELECT date_diff('day', date '2024-01-01', date '2024-01-03') d, a, b FROM t"
    assert [column["type"] for column in told["columns"]] == ["bigint", "integer", "varchar"]
    assert lake.rows("select v.d, a from v where b = 'y'") == [("2", "2")]
    assert list(lake.engine.run("select x.a from feeds.v x join feeds.v y on x.a = y.a + 1", "default").rows) == [
        ("2",)
    ]
    run(lake, "create view w as with v as (select * from v where a = 1) select * from v")
    assert lake.rows("select count(*) from w") == [("1",)]
    assert lake.rows("show views") == [("v",), ("w",)]
    assert lake.rows("show create view v")[0] == ("CREATE VIEW feeds.v AS",)
    run(lake, "DROP VIEW IF EXISTS w")
    with pytest.raises(QueryFailedError, match="TABLE_NOT_FOUND"):
        run(lake, "drop table v")
    run(lake, "drop view v")
    assert lake.rows("show views") == []


def test_view_after_a_remark_is_kept_as_it_was_written(lake: Lake):
    run(lake, "/* dbt */ create or replace view \"seen\" as select nullif('a', '') AS  x")
    text = get_table(lake, "seen")["ViewOriginalText"].removeprefix("/* Presto View: ").removesuffix(" */")
    assert json.loads(base64.b64decode(text))["originalSql"] == "select nullif('a', '') AS  x"
    assert lake.rows("select * from seen") == [("a",)]


def test_view_over_a_view_that_changed_is_stale(lake: Lake):
    run(lake, "create view a as select 1 id, 'x' name")
    run(lake, "create view b as select * from a")
    assert lake.rows("select name from b") == [("x",)]
    run(lake, "create or replace view a as select 1 id")
    with pytest.raises(QueryFailedError, match=r"^INVALID_VIEW: .*'awsdatacatalog.feeds.b' is stale"):
        lake.rows("select id from b")


def test_view_has_the_columns_of_its_query(lake: Lake):
    with pytest.raises(QueryFailedError, match=r"^SYNTAX_ERROR"):
        run(lake, "create view v (x) as select 1 a")
