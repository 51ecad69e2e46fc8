"""Where a database is and who logs in, by URLs, connections and secrets; nothing here connects anywhere."""

from __future__ import annotations

import base64
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from awsglue.catalog import Catalog
from awsglue.errors import GlueDataError, GlueUnsupportedError
from awsglue.jdbc import catalog_tables, connections, drivers, hashing, vendors

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


def test_connection_may_name_host_and_port() -> None:
    properties = {"HOST": "h", "PORT": "3307", "DATABASE": "shop"}
    connection = {"Name": "c", "ConnectionType": "MYSQL", "ConnectionProperties": properties}
    glue = SimpleNamespace(get_connection=lambda **_: {"Connection": connection})
    assert connections.login(Catalog(glue), "c").url == "jdbc:mysql://h:3307/shop"


@pytest.mark.parametrize("text", ["plain", '["u", "p"]'])
def test_secret_that_is_no_login_is_told(glue: Any, text: str) -> None:
    boto3.client("secretsmanager").create_secret(Name="s", SecretString=text)
    with pytest.raises(GlueDataError, match="the secret s is not a JSON object"):
        connect(glue, JDBC_CONNECTION_URL=PG, SECRET_ID="s")


def test_secret_fills_a_url(glue: Any) -> None:
    boto3.client("secretsmanager").create_secret(Name="s", SecretString='{"User": "u", "Token": "t"}')
    values = connections.secret_values("s")
    assert connections.filled("jdbc:x:user=${User};token=${Token}", values) == "jdbc:x:user=u;token=t"
    with pytest.raises(GlueDataError, match="the secret has no Other"):
        connections.filled("jdbc:x:${Other}", values)


def test_password_is_not_shown(glue: Any) -> None:
    assert "hidden" not in repr(connect(glue, JDBC_CONNECTION_URL=PG, USERNAME="u", PASSWORD="hidden"))


@pytest.mark.parametrize(
    ("url", "other", "server"),
    [
        (f"{PG}/shop?ssl=true", f"{PG}/x?ssl=true", PG),
        (PG, f"{PG}/x", PG),
        ("jdbc:mysql://h/shop", "jdbc:mysql://h/x", "jdbc:mysql://h"),
        ("jdbc:sqlserver://h:1433;databaseName=shop;encrypt=true", "jdbc:sqlserver://h:1433;encrypt=true;databaseName=x",
         "jdbc:sqlserver://h:1433"),
        ("jdbc:oracle:thin:@//h:1521/shop", "jdbc:oracle:thin:@//h:1521/x", "jdbc:oracle:thin:@//h:1521/shop"),
    ],
)  # fmt: skip
def test_database_and_server_of_a_url(url: str, other: str, server: str) -> None:
    assert vendors.with_database(url, "x") == other
    assert vendors.server_only(url) == server


@pytest.mark.parametrize(
    "url", ["jdbc:mysql://u:pw@h/db", "jdbc:mysql://h/db?password=pw", "jdbc:oracle:thin:u/pw@//h/db", "mysql://u:pw@h"]
)
def test_urls_in_messages_hold_no_password(url: str) -> None:
    assert "pw" not in vendors.without_secrets(url)


def test_columns_are_quoted_as_the_table_spells_them() -> None:
    mysql = vendors.VENDORS["mysql"]
    assert hashing.conditions(mysql, {"hashfield": "my`col", "hashpartitions": 1}, ["My`Col"]) == [
        "abs(mod(coalesce(crc32(`My``Col`), 0), 1)) = 0"
    ]
    for options in (
        {"hashfield": "none"},
        {"hashfield": "a", "hashexpression": "a"},
        {"hashfield": "a", "hashpartitions": "0"},
    ):
        with pytest.raises(GlueDataError):
            hashing.conditions(mysql, options, ["a"])
    with pytest.raises(GlueUnsupportedError, match="hashfield with jdbc"):
        hashing.conditions(vendors.vendor_of("jdbc:derby:x"), {"hashfield": "a"}, ["a"])


@pytest.mark.parametrize(
    ("parameters", "location", "why"),
    [({}, "shop.t", "no connectionName"), ({"connectionName": "c"}, "shop", "not DATABASE.SCHEMA.TABLE")],
)
def test_table_of_a_database_says_where_it_is(parameters: dict[str, str], location: str, why: str) -> None:
    table = {"Name": "t", "Parameters": {"classification": "mysql", **parameters}}
    with pytest.raises(GlueDataError, match=why):
        catalog_tables.options_of({**table, "StorageDescriptor": {"Location": location}})
