"""Connections of the Data Catalog: their URL, user and password, from the connection itself or from a secret."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3

from awsglue.catalog import Catalog
from awsglue.errors import GlueDataError, unsupported
from awsglue.jdbc.vendors import VENDORS, find_vendor, server_only


@dataclass(frozen=True)
class Login:
    """A connection's URL and credentials for a database."""

    url: str = field(repr=False)  # it may hold a password
    user: str | None
    password: str | None = field(repr=False, default=None)
    driver_class: str = ""
    driver_jar: str = ""
    enforce_ssl: bool = False
    properties: Mapping[str, str] = field(default_factory=dict, repr=False)


def login(catalog: Catalog, name: str, catalog_id: str | None = None, url: str | None = None) -> Login:
    """Read a connection, and its secret if it names one. A URL of the call overrides the connection's."""
    request = {"CatalogId": catalog_id} if catalog_id else {}
    connection = catalog.client.get_connection(Name=name, HidePassword=False, **request)["Connection"]
    properties: Mapping[str, str] = connection.get("ConnectionProperties") or {}
    place = url or _url(connection, properties, name)
    secret_id = properties.get("SECRET_ID") or (connection.get("AuthenticationConfiguration") or {}).get("SecretArn")
    user, password = None, None
    if "${" in place:  # the driver reads the credentials from the URL
        place = filled(place, secret_id)
    else:
        user, password = secret(secret_id) if secret_id else _who(properties)
    return Login(
        url=place,
        user=user,
        password=password,
        driver_class=properties.get("JDBC_DRIVER_CLASS_NAME") or properties.get("CONNECTOR_CLASS_NAME") or "",
        driver_jar=properties.get("JDBC_DRIVER_JAR_URI") or properties.get("CONNECTOR_URL") or "",
        enforce_ssl=properties.get("JDBC_ENFORCE_SSL", "false").lower() == "true",
        properties=properties,
    )


def jdbc_conf(catalog: Catalog, name: str, catalog_id: str | None = None) -> dict[str, Any]:
    """The result of `extract_jdbc_conf`."""
    found = login(catalog, name, catalog_id)
    settings = found.properties
    return {
        "url": server_only(found.url),
        "fullUrl": found.url,
        "user": found.user,
        "password": found.password,
        "vendor": find_vendor(found.url).name,
        "enforceSSL": str(found.enforce_ssl).lower(),
        "customJDBCCert": settings.get("CUSTOM_JDBC_CERT", ""),
        "skipCustomJDBCCertValidation": settings.get("SKIP_CUSTOM_JDBC_CERT_VALIDATION", "false").lower(),
        "customJDBCCertString": settings.get("CUSTOM_JDBC_CERT_STRING", ""),
    }


def filled(url: str, secret_name: str | None) -> str:
    """A URL with `${name}` replaced by the values of a secret."""
    values = secret_values(secret_name) if secret_name else {}

    def value(found: re.Match[str]) -> str:
        if found[1] not in values:
            raise GlueDataError(f"the URL needs {found[0]}, but the secret has no {found[1]}")
        return values[found[1]]

    return re.sub(r"\$\{([^}]+)\}", value, url)


def secret(name: str) -> tuple[str, str]:
    """The user and password of a secret.

    Raises:
        GlueDataError: the secret has no username.
    """
    known = {key.lower(): value for key, value in secret_values(name).items()}
    user = known.get("username") or known.get("user")
    if not user:
        raise GlueDataError(f"the secret {name} has no username")
    return user, known.get("password", "")


def secret_values(name: str) -> dict[str, str]:
    """The content of a secret: a JSON object, as RDS and Glue write it.

    Raises:
        GlueDataError: the secret is not such an object.
    """
    text = boto3.client("secretsmanager").get_secret_value(SecretId=name).get("SecretString") or ""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise GlueDataError(f"the secret {name} is not a JSON object with username and password")
    return {str(key): str(value) for key, value in found.items() if value is not None}


def _who(properties: Mapping[str, str]) -> tuple[str | None, str | None]:
    password = properties.get("PASSWORD")
    if password is None and (hidden := properties.get("ENCRYPTED_PASSWORD")):
        plain = boto3.client("kms").decrypt(CiphertextBlob=base64.b64decode(hidden))["Plaintext"]
        password = plain.decode("utf-8")
    return properties.get("USERNAME"), password


def _url(connection: Mapping[str, Any], properties: Mapping[str, str], name: str) -> str:
    if url := properties.get("JDBC_CONNECTION_URL"):
        return _of_template(url, name) if url.startswith("[") else url
    kind = str(connection.get("ConnectionType", ""))
    vendor = VENDORS.get(kind.lower())
    if vendor is None or vendor.name not in ("postgresql", "mysql") or not properties.get("HOST"):
        unsupported(f"the connection {name} of type {kind}", "set its JDBC_CONNECTION_URL")
    host = properties["HOST"]
    server = f"[{host}]" if host.count(":") > 1 and not host.startswith("[") else host
    return f"jdbc:{vendor.name}://{server}:{properties.get('PORT') or vendor.port}/{properties.get('DATABASE', '')}"


def _of_template(text: str, name: str) -> str:
    """The URL in a connector's connection, which is stored as `[["default=URL"], ","]`."""
    try:
        (part,), _ = json.loads(text)
        key, _, url = part.partition("=")
    except (ValueError, TypeError, AttributeError):
        key, url = "", ""
    if key != "default":
        unsupported(
            f"the form of the connection {name}'s JDBC_CONNECTION_URL", 'write [["default=URL"], ","], or the URL'
        )
    return str(url)
