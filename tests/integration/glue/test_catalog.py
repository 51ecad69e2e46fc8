"""Databases, tables, partitions and what else is kept in the catalog."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.glue.account import Account, refusal

STORAGE = {"Columns": [{"Name": "id", "Type": "bigint"}], "Location": "s3://bucket/cars/"}


@pytest.fixture
def database(account: Account) -> str:
    return account.database()


def partitioned(account: Account, database: str, **keys: str) -> str:
    key_columns = [{"Name": name, "Type": type_} for name, type_ in keys.items()]
    return account.table(database, "cars", StorageDescriptor=STORAGE, PartitionKeys=key_columns)


def add_partitions(account: Account, database: str, *values: tuple[str, ...]) -> None:
    inputs = [{"Values": list(each), "StorageDescriptor": STORAGE} for each in values]
    answer = account.glue.batch_create_partition(DatabaseName=database, TableName="cars", PartitionInputList=inputs)
    assert not answer.get("Errors")


def partitions(account: Account, database: str, **request: Any) -> list[list[str]]:
    pages = account.glue.get_paginator("get_partitions").paginate(DatabaseName=database, TableName="cars", **request)
    return sorted(partition["Values"] for page in pages for partition in page["Partitions"])


def test_names_are_stored_in_lower_case_and_are_unique(account: Account, database: str):
    account.table(database, "Cars")
    assert account.glue.get_table(DatabaseName=database, Name="cars")["Table"]["Name"] == "cars"
    code = refusal(account.glue.create_table, DatabaseName=database, TableInput={"Name": "cars"})
    assert code == "AlreadyExistsException"
    code = refusal(account.glue.create_database, DatabaseInput={"Name": database})
    assert code == "AlreadyExistsException"
    columns = [{"Name": "maxSpeed", "Type": "struct<inKmh:int>"}]
    account.table(database, "fast", StorageDescriptor={**STORAGE, "Columns": columns})
    stored = account.glue.get_table(DatabaseName=database, Name="fast")["Table"]["StorageDescriptor"]["Columns"]
    assert stored == [{"Name": "maxspeed", "Type": "struct<inKmh:int>"}]  # G36


@pytest.mark.parametrize(
    ("call", "request_"),
    [
        ("get_database", {"Name": "no_such_database"}),
        ("delete_database", {"Name": "no_such_database"}),
        ("get_tables", {"DatabaseName": "no_such_database"}),
        ("get_table", {"DatabaseName": "no_such_database", "Name": "t"}),
        ("get_connection", {"Name": "no_such_connection"}),
        ("get_classifier", {"Name": "no_such_classifier"}),
        ("get_crawler", {"Name": "no_such_crawler"}),
        ("get_job", {"JobName": "no_such_job"}),
        ("get_trigger", {"Name": "no_such_trigger"}),
        ("get_workflow", {"Name": "no_such_workflow"}),
        ("get_security_configuration", {"Name": "no_such_configuration"}),
    ],
)
def test_missing_resource_is_not_found(account: Account, call: str, request_: dict[str, Any]):
    assert refusal(getattr(account.glue, call), **request_) == "EntityNotFoundException"


@pytest.mark.parametrize(
    ("call", "request_", "code"),
    [
        pytest.param("create_database", {"DatabaseInput": {"Name": ""}}, "ValidationException", id="empty-name"),
        pytest.param("create_workflow", {"Name": "x" * 256}, "ValidationException", id="long-name"),
        pytest.param("get_jobs", {"MaxResults": 1001}, "ValidationException", id="too-large-a-page"),
        pytest.param(
            "create_trigger",
            {"Name": "t", "Type": "DAILY", "Actions": [{"JobName": "j"}]},
            "ValidationException",
            id="unknown-type",
        ),
        pytest.param("start_trigger", {"Name": "no such\ttrigger\n"}, "ValidationException", id="line-break-in-a-name"),
    ],
)
def test_request_against_the_model_is_refused(account: Account, call: str, request_: dict[str, Any], code: str):
    assert refusal(getattr(account.unchecked_glue, call), **request_) in {code, "InvalidInputException"}


def test_versions_of_a_table_are_kept_and_a_stale_one_is_a_conflict(account: Account, database: str):
    account.table(database, "cars", Description="zero")
    version = account.glue.get_table(DatabaseName=database, Name="cars")["Table"]["VersionId"]
    first = {"Name": "cars", "Description": "one"}
    account.glue.update_table(DatabaseName=database, TableInput=first, VersionId=version)
    code = refusal(account.glue.update_table, DatabaseName=database, TableInput={"Name": "cars"}, VersionId=version)
    assert code == "ConcurrentModificationException"
    second = {"Name": "cars", "Description": "two"}
    account.glue.update_table(DatabaseName=database, TableInput=second, SkipArchive=True)

    def versions() -> list[str]:
        found = account.glue.get_table_versions(DatabaseName=database, TableName="cars")["TableVersions"]
        return [each["Table"].get("Description", "") for each in found]

    assert versions() == ["two", "zero"]
    doomed = {"DatabaseName": database, "TableName": "cars", "VersionIds": [version, "99"]}
    answer = account.glue.batch_delete_table_version(**doomed)
    assert [error["VersionId"] for error in answer["Errors"]] == ["99"]
    assert versions() == ["two"]


def test_partitions_are_found_by_expressions_with_types(account: Account, database: str):
    partitioned(account, database, year="int", day="date", price="decimal(6,2)", town="varchar(20)")
    rows = (
        ("2024", "2024-12-31", "9.50", "Oslo"),
        ("2025", "2025-01-01", "10.00", "Bergen"),
        ("2026", "2026-01-01", "100.00", "O'Hara"),
    )
    add_partitions(account, database, *rows)

    def years(expression: str) -> list[int]:
        return [int(values[0]) for values in partitions(account, database, Expression=expression)]

    assert years("year > 2024") == [2025, 2026]
    assert years("price > 9.5") == [2025, 2026]  # as numbers, not as texts
    assert years("day between '2024-12-01' and '2025-06-30'") == [2024, 2025]
    assert years("town like 'O%' and year in (2024, 2025)") == [2024]
    assert years("town = 'O''Hara' or (year = 2024)") == [2024, 2026]
    assert years("not year = 2024") == [2025, 2026]
    assert years("year <> 2025 AND town IS NOT NULL") == [2024, 2026]
    assert years("(year = 2024 or town = 'Bergen') and price < 10") == [2024]
    assert years("not (year = 2024) and not price > 10 or year = 2026") == [2025, 2026]
    code = refusal(account.glue.get_partitions, DatabaseName=database, TableName="cars", Expression="colour = 'red'")
    assert code == "InvalidInputException"
    code = refusal(account.glue.get_partitions, DatabaseName=database, TableName="cars", Expression="year ===")
    assert code == "InvalidInputException"


def test_partitions_come_in_segments_and_pages(account: Account, database: str):
    partitioned(account, database, n="int")
    add_partitions(account, database, *((str(number),) for number in range(25)))
    everything = sorted([str(number)] for number in range(25))

    assert partitions(account, database, PaginationConfig={"PageSize": 4}) == everything
    segments = [
        partitions(account, database, Segment={"SegmentNumber": number, "TotalSegments": 3}) for number in range(3)
    ]
    assert sorted(values for segment in segments for values in segment) == everything


def test_partitions_are_changed_one_by_one_and_in_batches(account: Account, database: str):
    partitioned(account, database, n="int")
    add_partitions(account, database, ("1",), ("2",))
    here = {"DatabaseName": database, "TableName": "cars"}
    again = [{"Values": ["2"], "StorageDescriptor": STORAGE}, {"Values": ["3"], "StorageDescriptor": STORAGE}]
    answer = account.glue.batch_create_partition(**here, PartitionInputList=again)
    assert [error["PartitionValues"] for error in answer["Errors"]] == [["2"]]
    assert answer["Errors"][0]["ErrorDetail"]["ErrorCode"] == "AlreadyExistsException"

    renamed = {"Values": ["4"], "StorageDescriptor": STORAGE, "Parameters": {"note": "new"}}
    account.glue.update_partition(**here, PartitionValueList=["1"], PartitionInput=renamed)
    answer = account.glue.batch_update_partition(
        **here,
        Entries=[
            {"PartitionValueList": ["2"], "PartitionInput": {"Values": ["2"], "Parameters": {"note": "changed"}}},
            {"PartitionValueList": ["9"], "PartitionInput": {"Values": ["9"]}},
        ],
    )
    assert [error["PartitionValueList"] for error in answer["Errors"]] == [["9"]]
    wanted = [{"Values": ["2"]}, {"Values": ["4"]}, {"Values": ["7"]}]
    answer = account.glue.batch_get_partition(**here, PartitionsToGet=wanted)
    assert sorted(each["Parameters"]["note"] for each in answer["Partitions"]) == ["changed", "new"]
    answer = account.glue.batch_delete_partition(**here, PartitionsToDelete=[{"Values": ["2"]}, {"Values": ["8"]}])
    assert [error["PartitionValues"] for error in answer["Errors"]] == [["8"]]
    assert partitions(account, database) == [["3"], ["4"]]


def test_tables_come_in_pages_and_by_pattern(account: Account, database: str):
    for name in ("cars", "cats", "dogs"):
        account.table(database, name)
    paginator = account.glue.get_paginator("get_tables")
    pages = list(paginator.paginate(DatabaseName=database, PaginationConfig={"PageSize": 2}))
    assert [[table["Name"] for table in page["TableList"]] for page in pages] == [["cars", "cats"], ["dogs"]]
    found = account.glue.get_tables(DatabaseName=database, Expression="c*")["TableList"]
    assert [table["Name"] for table in found] == ["cars", "cats"]


def test_tables_are_searched_by_text_and_by_property(account: Account, database: str):
    column = [{"Name": "wheels", "Type": "int"}]
    account.table(database, "cars", Description="things that roll", StorageDescriptor={"Columns": column})
    account.table(database, "boats", Parameters={"colour": "blue"})
    here = {"Key": "DatabaseName", "Value": database}

    def found(**request: Any) -> list[str]:
        answer = account.glue.search_tables(**request)
        return sorted(table["Name"] for table in answer["TableList"] if table["DatabaseName"] == database)

    account.wait(lambda: found(Filters=[here]), lambda names: names == ["boats", "cars"], "the tables can be searched")
    assert found(SearchText="wheels") == ["cars"]
    assert found(Filters=[here, {"Key": "Name", "Value": "boats"}]) == ["boats"]


def test_connection_is_stored_and_its_password_hidden_on_request(account: Account):
    name = account.name("connection")
    properties = {"JDBC_CONNECTION_URL": "jdbc:postgresql://h:5432/d", "USERNAME": "reader", "PASSWORD": "open sesame"}
    definition = {"Name": name, "ConnectionType": "JDBC", "ConnectionProperties": properties}
    account.glue.create_connection(ConnectionInput=definition)
    account.cleanup.callback(account.glue.delete_connection, ConnectionName=name)

    shown = account.glue.get_connection(Name=name)["Connection"]["ConnectionProperties"]
    hidden = account.glue.get_connection(Name=name, HidePassword=True)["Connection"]["ConnectionProperties"]
    assert (shown["USERNAME"], shown.get("PASSWORD")) == ("reader", "open sesame")
    assert "PASSWORD" not in hidden
    account.glue.update_connection(Name=name, ConnectionInput={**definition, "Description": "read only"})
    assert account.glue.get_connection(Name=name)["Connection"]["Description"] == "read only"
    code = refusal(account.glue.create_connection, ConnectionInput=definition)
    assert code == "AlreadyExistsException"
    found = account.glue.get_connections(Filter={"ConnectionType": "JDBC"})["ConnectionList"]
    assert name in [each["Name"] for each in found]


def test_partition_indexes_are_kept_up_to_three_of_a_table(account: Account, database: str):
    glue, table = account.glue, partitioned(account, database, year="int", month="int", day="int")
    place = {"DatabaseName": database, "TableName": table}
    for keys in (["year"], ["year", "month"], ["day"]):
        glue.create_partition_index(**place, PartitionIndex={"Keys": keys, "IndexName": "_".join(keys)})
        account.wait(
            lambda: glue.get_partition_indexes(**place)["PartitionIndexDescriptorList"],
            lambda found: all(index["IndexStatus"] == "ACTIVE" for index in found),
            "the index is active",
        )

    found = glue.get_partition_indexes(**place)["PartitionIndexDescriptorList"]
    assert {index["IndexName"]: [key["Name"] for key in index["Keys"]] for index in found} == {
        "year": ["year"],
        "year_month": ["year", "month"],
        "day": ["day"],
    }
    fourth = {"Keys": ["month"], "IndexName": "month"}
    code = refusal(glue.create_partition_index, **place, PartitionIndex=fourth)
    assert code == "ResourceNumberLimitExceededException"
    code = refusal(glue.create_partition_index, **place, PartitionIndex={"Keys": ["colour"], "IndexName": "c"})
    assert code in ("InvalidInputException", "ResourceNumberLimitExceededException")
    glue.delete_partition_index(**place, IndexName="day")
    account.wait(
        lambda: [i["IndexName"] for i in glue.get_partition_indexes(**place)["PartitionIndexDescriptorList"]],
        lambda names: "day" not in names,
        "the index is gone",
    )


def test_encryption_settings_of_the_catalog_are_kept(account: Account):
    glue = account.glue
    before = glue.get_data_catalog_encryption_settings()["DataCatalogEncryptionSettings"]
    account.cleanup.callback(glue.put_data_catalog_encryption_settings, DataCatalogEncryptionSettings=before)
    # passwords in clear and no key: nothing that another user of the account would notice
    settings = {
        "EncryptionAtRest": {"CatalogEncryptionMode": "DISABLED"},
        "ConnectionPasswordEncryption": {"ReturnConnectionPasswordEncrypted": False},
    }

    glue.put_data_catalog_encryption_settings(DataCatalogEncryptionSettings=settings)

    kept = glue.get_data_catalog_encryption_settings()["DataCatalogEncryptionSettings"]
    assert kept["EncryptionAtRest"]["CatalogEncryptionMode"] == "DISABLED"
    assert kept["ConnectionPasswordEncryption"]["ReturnConnectionPasswordEncrypted"] is False
    mode = {"EncryptionAtRest": {"CatalogEncryptionMode": "ROT13"}}
    code = refusal(account.unchecked_glue.put_data_catalog_encryption_settings, DataCatalogEncryptionSettings=mode)
    assert code in ("ValidationException", "InvalidInputException")


def test_security_configuration_is_stored_unchanged(account: Account):
    glue, name = account.glue, account.name("security")
    encryption = {
        "S3Encryption": [{"S3EncryptionMode": "SSE-S3"}],
        "CloudWatchEncryption": {"CloudWatchEncryptionMode": "DISABLED"},
        "JobBookmarksEncryption": {"JobBookmarksEncryptionMode": "DISABLED"},
    }
    glue.create_security_configuration(Name=name, EncryptionConfiguration=encryption)
    account.cleanup.callback(glue.delete_security_configuration, Name=name)

    kept = glue.get_security_configuration(Name=name)["SecurityConfiguration"]
    assert kept["EncryptionConfiguration"] == encryption
    code = refusal(glue.create_security_configuration, Name=name, EncryptionConfiguration=encryption)
    assert code == "AlreadyExistsException"


def test_schemas_and_their_versions_are_listed_with_metadata(account: Account):
    glue, registry = account.glue, account.name("registry")
    glue.create_registry(RegistryName=registry)
    account.cleanup.callback(glue.delete_registry, RegistryId={"RegistryName": registry})
    avro = '{"type": "record", "name": "car", "fields": [{"name": "id", "type": "long"}]}'
    definition = {"DataFormat": "AVRO", "Compatibility": "NONE", "SchemaDefinition": avro}
    glue.create_schema(RegistryId={"RegistryName": registry}, SchemaName="cars", **definition)
    schema = {"RegistryName": registry, "SchemaName": "cars"}
    changed = glue.register_schema_version(SchemaId=schema, SchemaDefinition=avro.replace('"long"', '"int"'))
    pair = {"MetadataKey": "team", "MetadataValue": "roads"}
    glue.put_schema_version_metadata(SchemaVersionId=changed["SchemaVersionId"], MetadataKeyValue=pair)

    listed = glue.list_schemas(RegistryId={"RegistryName": registry})["Schemas"]
    versions = glue.list_schema_versions(SchemaId=schema)["Schemas"]
    latest = {"SchemaId": schema, "SchemaVersionNumber": {"LatestVersion": True}}
    found = glue.query_schema_version_metadata(**latest)

    assert [(each["SchemaName"], each["SchemaStatus"]) for each in listed] == [("cars", "AVAILABLE")]
    assert sorted(version["VersionNumber"] for version in versions) == [1, 2]
    assert found["SchemaVersionId"] == changed["SchemaVersionId"]
    assert {key: info["MetadataValue"] for key, info in found["MetadataInfoMap"].items()} == {"team": "roads"}
    glue.remove_schema_version_metadata(**latest, MetadataKeyValue=pair)
    assert not glue.query_schema_version_metadata(**latest).get("MetadataInfoMap")
    code = refusal(glue.list_schema_versions, SchemaId={**schema, "SchemaName": "boats"})
    assert code == "EntityNotFoundException"
    code = refusal(glue.create_registry, RegistryName="no spaces")
    assert code == "InvalidInputException"


def test_tags_are_kept_by_arn_and_resources_found_by_them(account: Account):
    job = account.job(Tags={"team": "cars"})
    other = account.job()
    identity = account.client("sts").get_caller_identity()
    partition, region = identity["Arn"].split(":")[1], account.session.region_name
    arn = f"arn:{partition}:glue:{region}:{identity['Account']}:job/{job}"

    account.glue.tag_resource(ResourceArn=arn, TagsToAdd={"stage": account.prefix, "gone": "soon"})
    account.glue.untag_resource(ResourceArn=arn, TagsToRemove=["gone"])

    assert account.glue.get_tags(ResourceArn=arn)["Tags"] == {"team": "cars", "stage": account.prefix}
    names = account.glue.list_jobs(Tags={"stage": account.prefix})["JobNames"]
    assert job in names
    assert other not in names
