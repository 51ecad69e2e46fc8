"""What a statement is about: no name too few, and the right target."""

import pytest

from awsglue.metastore.statements import Kind, Name, parse

T, DT = Name(None, "t"), Name("d", "t")


@pytest.mark.parametrize(
    ("text", "kind", "target"),
    [
        ("select * from d.t", Kind.QUERY, None),
        ("with x as (select 1) select * from x", Kind.QUERY, None),
        ("-- insert into u\nINSERT INTO d.t select 1", Kind.INSERT, DT),
        ("insert overwrite table `d`.`t` partition (a='x') select 1", Kind.INSERT, DT),
        ("with x as (select 1) insert into t select * from x", Kind.INSERT, T),
        ("from x insert into t select a", Kind.INSERT, T),
        ("insert overwrite directory '/x' select 1", Kind.QUERY, None),
        ("CREATE EXTERNAL TABLE IF NOT EXISTS d.t (a int) LOCATION 's3://x'", Kind.CREATE_TABLE, DT),
        ("create or replace view spark_catalog.d.t as select 1", Kind.CREATE_VIEW, DT),
        ("create or replace temp view t as select 1", Kind.QUERY, None),
        ("drop table if exists d.t", Kind.DROP_TABLE, DT),
        ("drop view t", Kind.DROP_TABLE, T),
        ("alter table d.t add columns (b int)", Kind.CHANGE_TABLE, DT),
        ("msck repair table d.t", Kind.CHANGE_TABLE, DT),
        ("truncate table t", Kind.CHANGE_TABLE, T),
        ("create database if not exists d", Kind.CHANGE_DATABASE, Name(None, "d")),
        ("drop schema d cascade", Kind.DROP_DATABASE, Name(None, "d")),
        ("show tables in d", Kind.SHOW_TABLES, None),
        ("show databases", Kind.SHOW_DATABASES, None),
        ("show partitions d.t", Kind.OTHER, None),
        ("describe formatted d.t", Kind.OTHER, None),
        ("", Kind.QUERY, None),
    ],
)
def test_kind_and_target(text, kind, target):
    statement = parse(text)

    assert (statement.kind, statement.target) == (kind, target)


def test_names_in_any_place_are_found_but_not_in_texts_and_comments():
    names = parse("select a.b, 'd.no' from `my-db`.`t 1` x join (select 1 from d.u /* d.no */) y -- d.no\n").names

    assert {Name("my-db", "t 1"), Name("d", "u")} <= set(names)
    assert Name("d", "no") not in names


@pytest.mark.parametrize(
    ("text", "is_hive", "words"),
    [
        ("create table t using parquet as select 1 a", False, set()),
        ("create table t as select 1 using_x", True, set()),
        ("create table t (a int comment 'using') stored as parquet", True, {"STORED"}),
        ("create table t using parquet location 's3://x' as (select 1)", False, {"LOCATION"}),
        ("create table t using csv options (header true, 'Path' = 's3://x') as select 1 a", False, {"OPTIONS"}),
        ("create table t as with x as (select 1 a) select * from x join y using (a)", True, set()),
    ],
)
def test_header_of_create_table(text, is_hive, words):
    header = parse(text).header

    assert header.is_hive is is_hive
    assert words <= header.words


@pytest.mark.parametrize(
    ("clauses", "has_location"),
    [
        ("using csv options (header true, 'Path' = 's3://x')", True),
        ("using csv options (`path` 's3://x') partitioned by (a)", True),
        ("using csv location 's3://x'", True),
        ("using csv options (sep 'path', header true)", False),
        ("using csv tblproperties ('path' = 's3://x')", False),
    ],
)
def test_option_path_is_a_location(clauses, has_location):
    assert parse(f"create table t {clauses} as select 1 a").header.has_location is has_location


def test_location_is_put_behind_the_provider():
    statement = parse("create table d.t using org.x.parquet partitioned by (a) as select 1 a")

    assert statement.with_location("s3://b/it's") == (
        "create table d.t using org.x.parquet LOCATION 's3://b/it\\'s'  partitioned by (a) as select 1 a"
    )


@pytest.mark.parametrize(
    ("text", "is_elsewhere", "names"),
    [
        ("create table ice.d.t using iceberg as select * from d.s", True, {Name("d", "s")}),
        ("create database ice.d", True, set()),
        ("merge into `ice`.d.t using d.s on ice.d.t.a = s.a when matched then delete", False, {Name("d", "s")}),
        ("select ice.t.a from ice.t", False, set()),
        ("insert into spark_catalog.d.t select 1", False, {DT}),
    ],
)
def test_names_in_another_catalog_are_left_to_it(text, is_elsewhere, names):
    statement = parse(text, lambda name: name == "ice")

    assert statement.is_elsewhere is is_elsewhere
    assert names <= set(statement.names)
    assert not any("ice" in (name.database, name.table) for name in statement.names)
