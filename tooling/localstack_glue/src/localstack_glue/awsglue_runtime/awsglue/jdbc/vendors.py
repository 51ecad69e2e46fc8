"""The supported databases: their URLs, their drivers, and their hash functions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from awsglue.errors import GlueDataError, unsupported


@dataclass(frozen=True)
class Vendor:
    """A kind of database."""

    name: str
    schemes: tuple[str, ...]
    drivers: tuple[str, ...]  # the first one on the class path is used
    port: int
    quote: str = '"'
    hashed: str = ""  # SQL: an integer for any value of {column}
    enforced_ssl: Mapping[str, str] | None = None  # properties for each of the drivers; None if they are not known


VENDORS = {
    vendor.name: vendor
    for vendor in (
        Vendor(
            "postgresql",
            ("jdbc:postgresql:",),
            ("org.postgresql.Driver",),
            5432,
            hashed="cast(hashtext(cast({column} as text)) as bigint)",
            enforced_ssl={"sslmode": "require"},
        ),
        Vendor(
            "mysql",
            ("jdbc:mysql:", "jdbc:mariadb:"),
            ("com.mysql.cj.jdbc.Driver", "org.mariadb.jdbc.Driver"),
            3306,
            quote="`",
            hashed="crc32({column})",
        ),
        Vendor(
            "sqlserver",
            ("jdbc:sqlserver:",),
            ("com.microsoft.sqlserver.jdbc.SQLServerDriver",),
            1433,
            hashed="cast(checksum({column}) as bigint)",
            enforced_ssl={"encrypt": "true", "trustServerCertificate": "true"},
        ),
        Vendor("oracle", ("jdbc:oracle:",), ("oracle.jdbc.OracleDriver",), 1521, hashed="ora_hash({column})"),
    )
}
# a URL of a database that is not in the list above, with its own class
_ANY = Vendor("jdbc", (), (), 0)
_REFUSED = {"jdbc:redshift:": "Amazon Redshift"}


def find_vendor(url: str, connection_type: str | None = None) -> Vendor:
    """The kind of database of a URL, which must agree with the connection type.

    Raises:
        GlueDataError: the URL is not JDBC's, or that of another kind of database.
    """
    if not url.startswith("jdbc:"):
        raise GlueDataError(f"{without_secrets(url)} is not a JDBC URL, which begins with jdbc:")
    for scheme, name in _REFUSED.items():
        if url.startswith(scheme):
            unsupported(f"{name} ({scheme})", "use a jdbc:postgresql URL to rehearse with a PostgreSQL")
    found = next((each for each in VENDORS.values() if url.startswith(each.schemes)), _ANY)
    wanted = VENDORS.get((connection_type or "").lower())
    if wanted is not None and wanted is not found:
        raise GlueDataError(f"the connection type is {wanted.name}, but the URL is {without_secrets(url)}")
    return found


def server_only(url: str) -> str:
    """A URL reduced to protocol, server and port, if it has that form."""
    matched = re.match(r"jdbc:(postgresql|mysql|mariadb|sqlserver)://[^/;?]+", url)
    return matched[0] if matched else url


def with_database(url: str, database: str) -> str:
    """The URL of another database on the same server."""
    if matched := re.match(r"(jdbc:(?:postgresql|mysql|mariadb)://[^/?]+)(?:/[^?]*)?(\?.*)?$", url):
        return f"{matched[1]}/{database}{matched[2] or ''}"
    if url.startswith("jdbc:sqlserver:"):
        parts = [part.strip() for part in url.split(";")]
        kept = [part for part in parts if part and not re.match(r"database(name)?\s*=", part, re.IGNORECASE)]
        return ";".join([*kept, f"databaseName={database}"])
    if matched := re.match(r"(jdbc:oracle:thin:[^@]*@(?://)?[^/:@()]+(?::\d+)?)(?:([/:])[^/:]*)?$", url):
        return f"{matched[1]}{matched[2] or '/'}{database}"
    if url.rpartition("/")[2].partition("?")[0] != database:
        unsupported(f"the option database with the URL {without_secrets(url)}", "name the database in the URL")
    return url


def without_secrets(url: str) -> str:
    """A URL for messages: its protocol, and its server if no credentials can precede it."""
    protocol = re.match(r"jdbc:\w+:|\w+:(?=//)", url)
    if protocol is None:
        return "jdbc:..." if url.startswith("jdbc:") else "the url given"
    server = None if "@" in url else re.match(r"//[\w.\-:\[\]]+(?=[/?;]|$)", url[protocol.end() :])
    return f"{protocol[0]}{server[0] if server else ''}..."
