"""The database of a call: URL, driver, credentials, and the other options for Spark and the driver."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

from pyspark.sql import SparkSession

from awsglue.catalog import Catalog
from awsglue.errors import GlueDataError, unsupported
from awsglue.formats import is_true
from awsglue.jdbc import connections, drivers
from awsglue.jdbc.vendors import Vendor, find_vendor, with_database, without_secrets

_PLACE = {
    "url",
    "user",
    "username",
    "password",
    "secretId",
    "database",
    "connectionName",
    "useConnectionProperties",
    "className",
    "driver",
    "customJdbcDriverS3Path",
    "customJdbcDriverClassName",
    "redshiftTmpDir",  # without effect for other databases
}
_REFUSED = ("preactions", "postactions", "aws_iam_role", "dataTypeMapping", "autopushdown", "tempdir")


@dataclass(frozen=True)
class Endpoint:
    """A database and its credentials."""

    vendor: Vendor
    url: str = field(repr=False)  # it may hold a password
    properties: Mapping[str, str] = field(repr=False)  # options for Spark and the driver
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)  # options for the read or write


def endpoint(
    session: SparkSession,
    catalog: Catalog,
    connection_type: str,
    options: Mapping[str, Any],
    catalog_id: str | None = None,
) -> Endpoint:
    """Find the database that a call names by a URL or by a connection of the Data Catalog."""
    refused = sorted(set(_REFUSED) & set(options))
    if refused:
        unsupported(f"the {connection_type} options {', '.join(refused)}")
    found = login(catalog, options, catalog_id)
    vendor = find_vendor(found.url, connection_type)
    url = with_database(found.url, str(options["database"])) if options.get("database") else found.url
    class_name = options.get("customJdbcDriverClassName") or options.get("className") or options.get("driver")
    jar = options.get("customJdbcDriverS3Path") or found.driver_jar
    driver = drivers.find(session, vendor, str(class_name or found.driver_class), str(jar))
    url, user, password = without_login(url_for_spark(url, driver))
    drivers.check_url(session, driver, url)
    credentials = {"user": user or found.user, "password": password or found.password}
    properties = {"driver": driver, **{key: value for key, value in credentials.items() if value is not None}}
    if found.enforce_ssl:
        if vendor.enforced_ssl is None:
            unsupported(f"JDBC_ENFORCE_SSL with {vendor.name}", "set it in the URL, with the driver's own parameter")
        properties |= vendor.enforced_ssl
    return Endpoint(vendor, url, properties, {key: value for key, value in options.items() if key not in _PLACE})


def url_for_spark(url: str, driver: str) -> str:
    """A URL with which Spark quotes names as the database does.

    Spark does not know `jdbc:mariadb:` and quotes with `"`, which marks texts there: each row would hold the names.
    """
    if url.startswith("jdbc:mariadb:"):
        url = f"jdbc:mysql:{url.removeprefix('jdbc:mariadb:')}"
    if url.startswith("jdbc:mysql:") and driver.startswith("org.mariadb.") and "permitMysqlScheme" not in url:
        url += f"{'&' if '?' in url else '?'}permitMysqlScheme=true"  # version 3 requires it for jdbc:mysql
    return url


def without_login(url: str) -> tuple[str, str | None, str | None]:
    """Split a URL of MySQL into the URL without credentials, and the user and password before its server.

    A driver that treats them as part of the server's name would show the password in its error.

    Raises:
        GlueDataError: the URL is one of PostgreSQL, or has several servers.
    """
    found = re.match(r"(jdbc:(mysql|mariadb|postgresql)://)([^/?@]*(?:@[^/?@]*)*)@([^/?@]*)", url)
    if found is None:
        return url, None, None
    if found[2] == "postgresql" or "," in found[3] + found[4]:
        raise GlueDataError(f"the URL {without_secrets(url)} contains a login; use the options user and password")
    user, _, password = found[3].partition(":")
    return f"{found[1]}{found[4]}{url[found.end() :]}", unquote(user), unquote(password) or None


def login(catalog: Catalog, options: Mapping[str, Any], catalog_id: str | None = None) -> connections.Login:
    """The URL and credentials of a call. Options of the call override those of the connection.

    Raises:
        GlueDataError: neither the options nor a connection name a database.
    """
    named = options.get("connectionName")
    if is_true(options.get("useConnectionProperties")) and not named:
        raise GlueDataError("useConnectionProperties needs a connectionName")
    own_url = str(options["url"]) if options.get("url") else None
    found = connections.login(catalog, str(named), catalog_id, own_url) if named else None
    secret = str(options["secretId"]) if options.get("secretId") else None
    if found is None:
        if own_url is None:
            raise GlueDataError("a database needs a url, or useConnectionProperties with a connectionName")
        if "${" in own_url:  # the driver reads the credentials from the URL
            return connections.Login(connections.filled(own_url, secret), None)
        found = connections.Login(own_url, None)
    user, password = options.get("user", options.get("username")), options.get("password")
    if secret is not None:
        user, password = connections.secret(secret)
    if user is None:
        return found if password is None else replace(found, password=password)
    return replace(found, user=user, password=password)


def table_name(options: Mapping[str, Any]) -> str | None:
    """The name of the table in the options; None if there is none."""
    table = options.get("dbtable", options.get("dbTable"))
    return None if table is None else str(table)
