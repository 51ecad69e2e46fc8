"""Where a database is and who logs in, by URLs, connections and secrets; nothing here connects anywhere."""

from __future__ import annotations

import base64
import math
import sqlite3
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from awsglue.bookmarks import Bookmark
from awsglue.catalog import Catalog
from awsglue.errors import GlueDataError, GlueUnsupportedError
from awsglue.jdbc import bookmark_keys, catalog_tables, connections, drivers, endpoint, hashing, reading, vendors

PG = "jdbc:postgresql://db.example:5432"


def connect(glue: Any, **properties: str) -> connections.Login:
    given = {"Name": "c", "ConnectionType": "JDBC", "ConnectionProperties": properties}
    glue.create_connection(ConnectionInput=given)
    return connections.login(Catalog(glue), "c")


def test_password_that_kms_encrypted_is_read(glue: Any) -> None:
    kms = boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    hidden = base64.b64encode(kms.encrypt(KeyId=key, Plaintext=b"p\xc3\xa4ss")["CiphertextBlob"]).decode()
    found = connect(glue, JDBC_CONNECTION_URL=f"{PG}/shop", USERNAME="u", ENCRYPTED_PASSWORD=hidden)
    assert (found.user, found.password) == ("u", "päss")


def test_driver_is_fetched_from_s3(glue: Any) -> None:
    s3 = boto3.client("s3", region_name="us-east-1")
    added: list[str] = []
    s3.create_bucket(Bucket="lake")
    s3.put_object(Bucket="lake", Key="jars/driver.jar", Body=b"jar")
    drivers.add_jar(SimpleNamespace(sql=added.append), "s3://lake/jars/driver.jar")  # type: ignore[arg-type]
    (statement,) = added
    path = statement.removeprefix("ADD JAR '").removesuffix("'")
    assert path.endswith("/driver.jar")
    assert Path(path).read_bytes() == b"jar"


def test_connector_of_the_marketplace_needs_its_driver_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    session: Any = SimpleNamespace()  # nothing is fetched
    there: set[str] = set()
    monkeypatch.setattr(drivers, "_is_there", lambda _, name: name in there)
    wanted = (vendors.find_vendor("jdbc:snowflake://h"), "x.Driver", "https://1.dkr.ecr.us-east-1.amazonaws.com/x:1")
    with pytest.raises(GlueUnsupportedError, match=r"without the JDBC driver x\.Driver"):
        drivers.find(session, *wanted)
    there.add("x.Driver")
    assert drivers.find(session, *wanted) == "x.Driver"


def test_connection_may_name_host_and_port() -> None:
    properties = {"HOST": "h", "PORT": "3307", "DATABASE": "shop"}
    connection = {"Name": "c", "ConnectionType": "MYSQL", "ConnectionProperties": properties}
    glue = SimpleNamespace(get_connection=lambda **_: {"Connection": connection})
    assert connections.login(Catalog(glue), "c").url == "jdbc:mysql://h:3307/shop"
    properties["HOST"] = "::1"
    assert connections.login(Catalog(glue), "c").url == "jdbc:mysql://[::1]:3307/shop"


@pytest.mark.parametrize("text", ["plain", '["u", "p"]'])
def test_secret_without_a_login_is_refused(glue: Any, text: str) -> None:
    boto3.client("secretsmanager").create_secret(Name="s", SecretString=text)
    with pytest.raises(GlueDataError, match="the secret s is not a JSON object"):
        connect(glue, JDBC_CONNECTION_URL=PG, SECRET_ID="s")


def test_secret_fills_a_url(glue: Any) -> None:
    boto3.client("secretsmanager").create_secret(Name="s", SecretString='{"User": "u", "Token": "t"}')
    assert connections.filled("jdbc:x:user=${User};token=${Token}", "s") == "jdbc:x:user=u;token=t"
    with pytest.raises(GlueDataError, match="the secret has no Other"):
        connections.filled("jdbc:x:${Other}", "s")


def test_password_is_not_shown(glue: Any) -> None:
    found = connect(glue, JDBC_CONNECTION_URL=f"{PG}/x?password=hidden", USERNAME="u", PASSWORD="hidden")
    assert "hidden" not in repr(found)
    assert "hidden" not in repr(endpoint.Endpoint(vendors.find_vendor(found.url), found.url, {"password": "hidden"}))


@pytest.mark.parametrize("text", ['{"username": null, "password": "p"}', '{"login": "u", "password": "p"}'])
def test_secret_without_a_user_is_refused(glue: Any, text: str) -> None:
    boto3.client("secretsmanager").create_secret(Name="s", SecretString=text)
    with pytest.raises(GlueDataError, match="the secret s has no username"):
        endpoint.login(Catalog(glue), {"url": PG, "secretId": "s"})


def test_connection_of_a_connector_has_a_template_for_its_url(glue: Any) -> None:
    boto3.client("secretsmanager").create_secret(Name="s", SecretString='{"User": "u", "Token": "t"}')
    template = '[["default=jdbc:snowflake://h/?user=${User}&password=${Token}"],","]'
    properties = {"JDBC_CONNECTION_URL": template, "SECRET_ID": "s", "CONNECTOR_CLASS_NAME": "x.Driver"}
    given = {"Name": "c", "ConnectionType": "CUSTOM", "ConnectionProperties": properties}
    glue.create_connection(ConnectionInput=given)
    found = connections.login(Catalog(glue), "c")
    assert (found.url, found.user) == ("jdbc:snowflake://h/?user=u&password=t", None)
    assert found.driver_class == "x.Driver"


def test_url_of_a_call_goes_before_that_of_its_connection(glue: Any) -> None:
    connect(glue, JDBC_CONNECTION_URL=PG, USERNAME="u", PASSWORD="p")
    network = {"Name": "n", "ConnectionType": "NETWORK", "ConnectionProperties": {}}
    glue.create_connection(ConnectionInput=network)
    found = endpoint.login(Catalog(glue), {"url": f"{PG}/x", "connectionName": "c"})
    assert (found.url, found.user, found.password) == (f"{PG}/x", "u", "p")
    found = endpoint.login(Catalog(glue), {"url": f"{PG}/x", "connectionName": "n", "user": "v", "password": "q"})
    assert (found.url, found.user, found.password) == (f"{PG}/x", "v", "q")
    found = endpoint.login(Catalog(glue), {"connectionName": "c", "password": "q"})
    assert (found.url, found.user, found.password) == (PG, "u", "q")


@pytest.mark.parametrize(
    ("url", "driver", "for_spark"),
    [
        # Spark knows MySQL's quotes by jdbc:mysql: alone: in others, MariaDB takes "name" for a text
        ("jdbc:mariadb://h/x?a=b", "org.mariadb.jdbc.Driver", "jdbc:mysql://h/x?a=b&permitMysqlScheme=true"),
        ("jdbc:mariadb://h/x", "com.mysql.cj.jdbc.Driver", "jdbc:mysql://h/x"),
        ("jdbc:mysql://h/x", "org.mariadb.jdbc.Driver", "jdbc:mysql://h/x?permitMysqlScheme=true"),
        (PG, "org.postgresql.Driver", PG),
    ],
)
def test_url_for_spark_has_known_quotes(url: str, driver: str, for_spark: str) -> None:
    assert endpoint.url_for_spark(url, driver) == for_spark


@pytest.mark.parametrize(
    ("url", "other", "server"),
    [
        (f"{PG}/shop?ssl=true", f"{PG}/x?ssl=true", PG),
        (PG, f"{PG}/x", PG),
        ("jdbc:mysql://h/shop", "jdbc:mysql://h/x", "jdbc:mysql://h"),
        ("jdbc:sqlserver://h:1433;databaseName=shop;encrypt=true", "jdbc:sqlserver://h:1433;encrypt=true;databaseName=x",
         "jdbc:sqlserver://h:1433"),
        ("jdbc:sqlserver://h; databaseName = shop;", "jdbc:sqlserver://h;databaseName=x", "jdbc:sqlserver://h"),
        ("jdbc:postgresql://[::1]:5432/shop", "jdbc:postgresql://[::1]:5432/x", "jdbc:postgresql://[::1]:5432"),
        ("jdbc:oracle:thin:@//h:1521/shop", "jdbc:oracle:thin:@//h:1521/x", "jdbc:oracle:thin:@//h:1521/shop"),
        ("jdbc:oracle:thin:@//h:1521", "jdbc:oracle:thin:@//h:1521/x", "jdbc:oracle:thin:@//h:1521"),
        ("jdbc:oracle:thin://@h:1521/shop", "jdbc:oracle:thin://@h:1521/x", "jdbc:oracle:thin://@h:1521/shop"),
        ("jdbc:oracle:thin:@h:1521:SHOP", "jdbc:oracle:thin:@h:1521:x", "jdbc:oracle:thin:@h:1521:SHOP"),
    ],
)  # fmt: skip
def test_database_and_server_of_a_url(url: str, other: str, server: str) -> None:
    assert vendors.with_database(url, "x") == other
    assert vendors.server_only(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "jdbc:mysql://u:pw@h/db",
        "jdbc:mysql://u:x@pw@h/db",
        "jdbc:mysql://u:pw?y@h/db",
        "jdbc:mysql://h/db?password=pw",
        "jdbc:mysql://h/db?password=x@pw",
        "jdbc:mysql://(host=h,user=u,password=pw)/db",
        "jdbc:oracle:thin:u/pw@//h/db",
        "jdbc:oracle:oci:u/pw@h",
        "jdbc:db2://h:50000/db:password=pw;user=u;",
        "jdbc:teradata://h/DATABASE=x,PASSWORD=pw",
        "mysql://u:pw@h",
        "u:pw",
        '[["default=jdbc:snowflake://h/?password=pw"],","]',
    ],
)
def test_urls_in_messages_hold_no_password(url: str) -> None:
    assert "pw" not in vendors.without_secrets(url)


def test_login_in_a_url_reaches_the_driver_and_not_the_network() -> None:
    mysql = "jdbc:mysql://u:p%40w@h:3306/x?a=b@c"
    assert endpoint.without_login(mysql) == ("jdbc:mysql://h:3306/x?a=b@c", "u", "p@w")
    assert endpoint.without_login("jdbc:mysql://u@h/x") == ("jdbc:mysql://h/x", "u", None)
    for plain in (f"{PG}/x?email=a@b", "jdbc:mysql://h/x@y", "jdbc:oracle:thin:u/pw@//h/x"):
        assert endpoint.without_login(plain) == (plain, None, None)
    for url in ("jdbc:postgresql://u:pw@h/x", "jdbc:mysql://u:pw@h,v:pw@i/x"):
        with pytest.raises(GlueDataError, match="contains a login") as refused:
            endpoint.without_login(url)
        assert "pw" not in str(refused.value)


def test_url_that_the_driver_refuses_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    driver = SimpleNamespace(acceptsURL=lambda _: False)
    found = SimpleNamespace(getDeclaredConstructor=lambda _: SimpleNamespace(newInstance=lambda _: driver))
    monkeypatch.setattr(drivers, "_loader", lambda _: SimpleNamespace(loadClass=lambda _: found))
    with pytest.raises(GlueDataError, match="does not take the URL") as refused:
        drivers.check_url(SimpleNamespace(), "x.Driver", f"{PG}x/y?password=hidden")  # type: ignore[arg-type]
    assert "hidden" not in str(refused.value)


def test_call_overrides_how_the_table_divides_a_read() -> None:
    of_table = {"dbtable": "t", "hashexpression": "id", "hashpartitions": "3"}
    assert catalog_tables.with_call(of_table, {"hashfield": "a"}) == {
        "dbtable": "t",
        "hashfield": "a",
        "hashpartitions": "3",
    }
    assert catalog_tables.with_call(of_table, {"fetchsize": 5}) == {**of_table, "fetchsize": 5}


def test_columns_are_quoted_as_the_table_spells_them() -> None:
    mysql = vendors.VENDORS["mysql"]
    assert hashing.conditions(mysql, {"hashfield": "my`col", "hashpartitions": 2}, ["My`Col"]) == [
        "abs(mod(coalesce(crc32(`My``Col`), 0), 2)) = 0",
        "abs(mod(coalesce(crc32(`My``Col`), 0), 2)) not in (0)",
    ]
    assert hashing.conditions(mysql, {"hashfield": "a", "hashpartitions": 1}, ["a"]) == []
    for options in (
        {"hashfield": "none"},
        {"hashfield": "a", "hashexpression": "a"},
        {"hashfield": "a", "hashpartitions": "0"},
        {"hashfield": "a", "hashpartitions": 0},
        {"hashfield": "a", "hashpartitions": "many"},
    ):
        with pytest.raises(GlueDataError):
            hashing.conditions(mysql, options, ["a"])
    with pytest.raises(GlueUnsupportedError, match="hashfield with jdbc"):
        hashing.conditions(vendors.find_vendor("jdbc:derby:x"), {"hashfield": "a"}, ["a"])


@pytest.mark.parametrize("numbers", [[1, 2, 3], [-5, 0.5, 2.5, None, 1e15 + 0.5]])
def test_every_row_is_read_once_whatever_the_expression_gives(numbers: list[float | None]) -> None:
    database = sqlite3.connect(":memory:")
    database.create_function("mod", 2, math.fmod)
    database.execute("create table t (n)")
    database.executemany("insert into t values (?)", [(number,) for number in numbers])
    parts = hashing.conditions(vendors.VENDORS["mysql"], {"hashexpression": "n", "hashpartitions": 3}, ["n"])
    read = [row[0] for part in parts for row in database.execute(f"select n from t where {part}")]
    assert sorted(read, key=str) == sorted(numbers, key=str)


@pytest.mark.parametrize(
    ("options", "source"),
    [
        ({"query": "select a from t -- all\n;"}, "(select a from t -- all\n) query"),
        ({"query": "select a from t", "filterPredicate": "a = 1"},
         "(select * from (select a from t\n) query where a = 1\n) filtered"),
        ({"dbtable": "s.t", "filterPredicate": "a = 1 or b = 2"},
         "(select * from s.t where a = 1 or b = 2\n) filtered"),
        ({"sampleQuery": "select a from t where", "enablePartitioningForSampleQuery": "true"},
         "(select a from t where 1 = 1\n) sample_query"),
    ],
)  # fmt: skip
def test_what_is_read_is_one_source(options: dict[str, Any], source: str) -> None:
    assert reading.build_source(options) == source


def test_bookmark_is_not_moved_over_rows_that_a_sample_leaves_out() -> None:
    bookmark = Bookmark("load", "job-bookmark-pause", Path("/nowhere/bookmark.json"))
    wanted = {"sampleQuery": "select a from t where", "enablePartitioningForSampleQuery": True, "sampleSize": 5}
    found = endpoint.Endpoint(vendors.find_vendor(PG), PG, {}, wanted)
    with pytest.raises(GlueUnsupportedError, match="sampleSize with a job bookmark"):
        reading.read(reading.Reading(SimpleNamespace(), bookmark, "orders"), found)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("table", "names"),
    [
        ("orders", ["orders"]),
        ("SALES.Orders", ["sales", "orders"]),
        ('"My.Schema"."Or""ders"', ["My.Schema", 'Or"ders']),
        ('shop.sales."Orders"', ["shop", "sales", "Orders"]),
        ("`a`.B", ["a", "b"]),
        ("[a b].c", ["a b", "c"]),
    ],
)
def test_names_of_a_table_are_read_as_the_database_reads_them(table: str, names: list[str]) -> None:
    assert bookmark_keys.split_table_name(table, str.lower) == names


@pytest.mark.parametrize(
    ("parameters", "location", "why"),
    [({}, "shop.t", "no connectionName"), ({"connectionName": "c"}, "shop", "not DATABASE.SCHEMA.TABLE")],
)
def test_catalog_table_of_a_database_has_its_location(parameters: dict[str, str], location: str, why: str) -> None:
    table = {"Name": "t", "Parameters": {"classification": "mysql", **parameters}}
    with pytest.raises(GlueDataError, match=why):
        catalog_tables.connection_options({**table, "StorageDescriptor": {"Location": location}})


def test_jar_of_a_driver_that_is_not_there_is_named(glue):
    boto3.client("s3").create_bucket(Bucket="jars", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    with pytest.raises(GlueDataError, match=r"the jar of the driver, s3://jars/x\.jar, cannot be read"):
        drivers.add_jar(None, "s3://jars/x.jar")
