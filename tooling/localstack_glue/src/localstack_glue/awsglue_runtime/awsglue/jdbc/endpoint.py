"""From a call's options to a database: URL, driver, login, and what Spark and the driver are told besides."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import SparkSession

from awsglue.catalog import Catalog
from awsglue.errors import GlueDataError, unsupported
from awsglue.formats import is_true
from awsglue.jdbc import connections, drivers
from awsglue.jdbc.vendors import Vendor, vendor_of, with_database

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
    "redshiftTmpDir",  # of no effect for other databases
}
_REFUSED = ("preactions", "postactions", "aws_iam_role", "dataTypeMapping", "autopushdown", "tempdir")


@dataclass(frozen=True)
class Endpoint:
    """A database, and how to log in."""

    vendor: Vendor
    url: str
    properties: Mapping[str, str] = field(repr=False)  # what Spark and the driver are told
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)  # what is left for the read or the write


def endpoint(
    session: SparkSession,
    catalog: Catalog,
    connection_type: str,
    options: Mapping[str, Any],
    catalog_id: str | None = None,
) -> Endpoint:
    """The database that a call names by a URL, or by a connection of the Data Catalog."""
    refused = sorted(set(_REFUSED) & set(options))
    if refused:
        unsupported(f"the {connection_type} options {', '.join(refused)}")
    found = _login(catalog, options, catalog_id)
    vendor = vendor_of(found.url, connection_type)
    url = with_database(found.url, str(options["database"])) if options.get("database") else found.url
    asked = options.get("customJdbcDriverClassName") or options.get("className") or options.get("driver")
    jar = options.get("customJdbcDriverS3Path") or found.driver_jar
    driver = drivers.find(session, vendor, str(asked or found.driver_class), str(jar))
    if url.startswith("jdbc:mysql:") and driver.startswith("org.mariadb.") and "permitMysqlScheme" not in url:
        url += f"{'&' if '?' in url else '?'}permitMysqlScheme=true"  # without it, version 3 wants jdbc:mariadb
    properties = {"driver": driver}
    if found.user is not None:
        properties["user"] = found.user
    if found.password is not None:
        properties["password"] = found.password
    if found.enforce_ssl:
        if vendor.enforced_ssl is None:
            unsupported(f"JDBC_ENFORCE_SSL with {vendor.name}", "say it in the URL, in the driver's words")
        properties |= vendor.enforced_ssl
    return Endpoint(vendor, url, properties, {key: value for key, value in options.items() if key not in _PLACE})


def _login(catalog: Catalog, options: Mapping[str, Any], catalog_id: str | None) -> connections.Login:
    named = options.get("connectionName")
    if is_true(options.get("useConnectionProperties")) and not named:
        raise GlueDataError("useConnectionProperties needs a connectionName")
    found = connections.login(catalog, str(named), catalog_id) if named and not options.get("url") else None
    user, password = options.get("user", options.get("username")), options.get("password")
    if name := options.get("secretId"):
        secret = connections.secret(str(name))
        user, password = secret["user"], secret["password"]
    if found is None:
        if not options.get("url"):
            raise GlueDataError("a database needs a url, or useConnectionProperties with a connectionName")
        url = str(options["url"])
        if "${" in url:  # the driver finds who logs in there
            values = connections.secret_values(str(name)) if name else {}
            return connections.Login(connections.filled(url, values), None, None)
        return connections.Login(url, user, password)
    if user is None:
        return found
    kept = {"driver_class": found.driver_class, "driver_jar": found.driver_jar, "enforce_ssl": found.enforce_ssl}
    return connections.Login(found.url, user, password, **kept)  # type: ignore[arg-type]


def table_of(options: Mapping[str, Any]) -> str | None:
    """The table that options name."""
    table = options.get("dbtable", options.get("dbTable"))
    return None if table is None else str(table)
