"""CloudFormation's resource types in Glue's API: the calls and their parameters.

Follows the page "AWS Glue resource type reference" of the AWS CloudFormation User Guide. Properties with the API's
names are passed on unchanged; the API refuses those that it does not know.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Properties = dict[str, Any]
Call = tuple[str, Properties]  # a method of the client, and its parameters


@dataclass(frozen=True, slots=True)
class Kind:
    """A resource type.

    Attributes:
        type: its name in templates.
        name_path: the place of its name among the properties; a name is generated if none is given.
        create_only: properties that cannot change: another value means another resource.
        other_name: a property that has the name if `name_path` has not.
        tagged_as: the kind of resource in its ARN, if its tags are changed by separate calls.
        cleared: values that clear a property, if the API keeps those that an update does not name.
    """

    type: str
    name_path: tuple[str, ...]
    create: Callable[[Properties], Call]
    update: Callable[[Properties], Call] | None
    delete: Callable[[Properties], Call]
    create_only: tuple[str, ...] = ()
    other_name: str = ""
    tagged_as: str = ""
    cleared: Mapping[str, Any] = field(default_factory=dict)

    def name(self, properties: Mapping[str, Any]) -> str | None:
        """The name that the properties give."""
        found: Any = properties
        for key in self.name_path:
            found = (found or {}).get(key)
        found = found or properties.get(self.other_name)
        return str(found) if found else None

    def named(self, properties: Mapping[str, Any], name: str) -> Properties:
        """The properties with a name."""
        if not self.name_path:
            return dict(properties)
        *outer, last = self.name_path
        named: Properties = dict(properties)
        inner = named
        for key in outer:
            inner[key] = dict(inner.get(key) or {})
            inner = inner[key]
        inner[last] = name
        return named

    def change(self, properties: Properties, before: Mapping[str, Any]) -> Properties:
        """The properties for an update: properties that were removed from the template are cleared."""
        emptied = {name: empty for name, empty in self.cleared.items() if name in before and name not in properties}
        return {**emptied, **properties}

    def schema(self) -> dict[str, Any]:
        """The engine's description of a type: its `Id` is the value of Ref."""
        only = [f"/properties/{'/'.join(self.name_path)}", *(f"/properties/{name}" for name in self.create_only)]
        return {
            "typeName": self.type,
            "primaryIdentifier": ["/properties/Id"],
            "readOnlyProperties": ["/properties/Id"],
            "createOnlyProperties": only if self.name_path else only[1:],
            "properties": {},
        }


def _only(properties: Mapping[str, Any], *but: str) -> Properties:
    return {name: value for name, value in properties.items() if name not in {"Id", *but} and value is not None}


def _crawler(properties: Properties) -> Properties:
    arguments = _only(properties)
    schedule = arguments.get("Schedule")
    if isinstance(schedule, Mapping):
        arguments["Schedule"] = schedule.get("ScheduleExpression", "")
    return arguments


def _classifier(properties: Properties) -> Properties:
    arguments = _only(properties)
    csv = arguments.get("CsvClassifier")
    if csv and "ContainsCustomDatatype" in csv:  # CloudFormation has another name for it
        renamed = {**csv, "CustomDatatypes": csv["ContainsCustomDatatype"]}
        arguments["CsvClassifier"] = {
            name: value for name, value in renamed.items() if name != "ContainsCustomDatatype"
        }
    return arguments


def _classifier_form(properties: Properties) -> str:
    form = next((name for name in properties if name.endswith("Classifier")), None)
    if form is None:
        raise KeyError("CsvClassifier, GrokClassifier, JsonClassifier or XMLClassifier")
    return form


def _security(properties: Properties) -> Properties:
    arguments = _only(properties)
    encryption = dict(arguments["EncryptionConfiguration"])
    if "S3Encryptions" in encryption:
        encryption["S3Encryption"] = encryption.pop("S3Encryptions")
    return {**arguments, "EncryptionConfiguration": encryption}


def _partition_values(properties: Properties) -> list[str]:
    return list(properties["PartitionInput"]["Values"])


_NO_ENCRYPTION = {
    "EncryptionAtRest": {"CatalogEncryptionMode": "DISABLED"},
    "ConnectionPasswordEncryption": {"ReturnConnectionPasswordEncrypted": False},
}

KINDS = {
    kind.type: kind
    for kind in (
        Kind(
            "AWS::Glue::Database",
            ("DatabaseInput", "Name"),
            lambda model: ("create_database", _only(model, "DatabaseName")),
            lambda model: ("update_database", {**_only(model, "DatabaseName"), "Name": model["DatabaseInput"]["Name"]}),
            lambda model: ("delete_database", {"Name": model["DatabaseInput"]["Name"]}),
            other_name="DatabaseName",
        ),
        Kind(
            "AWS::Glue::Table",
            ("TableInput", "Name"),
            lambda model: ("create_table", _only(model)),
            lambda model: ("update_table", _only(model)),
            lambda model: (
                "delete_table",
                {"DatabaseName": model["DatabaseName"], "Name": model["TableInput"]["Name"]},
            ),
            ("DatabaseName",),
        ),
        Kind(
            "AWS::Glue::Partition",
            (),
            lambda model: ("create_partition", _only(model)),
            lambda model: ("update_partition", {**_only(model), "PartitionValueList": _partition_values(model)}),
            lambda model: (
                "delete_partition",
                {**_only(model, "PartitionInput"), "PartitionValues": _partition_values(model)},
            ),
            ("DatabaseName", "TableName", "PartitionInput/Values"),
        ),
        Kind(
            "AWS::Glue::Crawler",
            ("Name",),
            lambda model: ("create_crawler", _crawler(model)),
            lambda model: ("update_crawler", _only(_crawler(model), "Tags")),
            lambda model: ("delete_crawler", {"Name": model["Name"]}),
            tagged_as="crawler",
            cleared={
                "Schedule": "",
                "TablePrefix": "",
                "Description": "",
                "Classifiers": [],
                "Configuration": "",
                "CrawlerSecurityConfiguration": "",
                "SchemaChangePolicy": {
                    "UpdateBehavior": "UPDATE_IN_DATABASE",
                    "DeleteBehavior": "DEPRECATE_IN_DATABASE",
                },
                "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
            },
        ),
        Kind(
            "AWS::Glue::Classifier",
            (),
            lambda model: ("create_classifier", _classifier(model)),
            lambda model: ("update_classifier", _classifier(model)),
            lambda model: ("delete_classifier", {"Name": model[_classifier_form(model)]["Name"]}),
        ),
        Kind(
            "AWS::Glue::Job",
            ("Name",),
            lambda model: ("create_job", _only(model)),
            lambda model: ("update_job", {"JobName": model["Name"], "JobUpdate": _only(model, "Name", "Tags")}),
            lambda model: ("delete_job", {"JobName": model["Name"]}),
            tagged_as="job",
        ),
        Kind(
            "AWS::Glue::Trigger",
            ("Name",),
            lambda model: ("create_trigger", _only(model)),
            lambda model: (
                "update_trigger",
                {
                    "Name": model["Name"],
                    "TriggerUpdate": _only(model, "Name", "Type", "WorkflowName", "StartOnCreation", "Tags"),
                },
            ),
            lambda model: ("delete_trigger", {"Name": model["Name"]}),
            ("Type", "WorkflowName"),
            tagged_as="trigger",
            cleared={"Description": ""},
        ),
        Kind(
            "AWS::Glue::Workflow",
            ("Name",),
            lambda model: ("create_workflow", _only(model)),
            lambda model: ("update_workflow", _only(model, "Tags")),
            lambda model: ("delete_workflow", {"Name": model["Name"]}),
            tagged_as="workflow",
            cleared={"Description": "", "DefaultRunProperties": {}},
        ),
        Kind(
            "AWS::Glue::Connection",
            ("ConnectionInput", "Name"),
            lambda model: ("create_connection", _only(model)),
            lambda model: ("update_connection", {**_only(model), "Name": model["ConnectionInput"]["Name"]}),
            lambda model: ("delete_connection", {"ConnectionName": model["ConnectionInput"]["Name"]}),
        ),
        Kind(
            "AWS::Glue::SecurityConfiguration",
            ("Name",),
            lambda model: ("create_security_configuration", _security(model)),
            None,
            lambda model: ("delete_security_configuration", {"Name": model["Name"]}),
            ("EncryptionConfiguration",),
        ),
        Kind(
            "AWS::Glue::DataCatalogEncryptionSettings",
            (),
            lambda model: ("put_data_catalog_encryption_settings", _only(model)),
            lambda model: ("put_data_catalog_encryption_settings", _only(model)),
            lambda model: (
                "put_data_catalog_encryption_settings",
                {**_only(model), "DataCatalogEncryptionSettings": _NO_ENCRYPTION},
            ),
            ("CatalogId",),
        ),
    )
}
# unsupported types of CloudFormation: LocalStack would report CREATE_COMPLETE and create nothing
REFUSED = (
    "AWS::Glue::Catalog",
    "AWS::Glue::CustomEntityType",
    "AWS::Glue::DataQualityRuleset",
    "AWS::Glue::DevEndpoint",
    "AWS::Glue::IdentityCenterConfiguration",
    "AWS::Glue::Integration",
    "AWS::Glue::IntegrationResourceProperty",
    "AWS::Glue::MLTransform",
    "AWS::Glue::Registry",
    "AWS::Glue::Schema",
    "AWS::Glue::SchemaVersion",
    "AWS::Glue::SchemaVersionMetadata",
    "AWS::Glue::TableOptimizer",
    "AWS::Glue::UsageProfile",
)


def to_text(value: Any) -> str:
    """A value of a template as a text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def identity(kind: Kind, properties: Mapping[str, Any], name: str) -> str:
    """The value of Ref: the name, or an id that distinguishes resources without one."""
    if kind.type == "AWS::Glue::Partition":
        values = "/".join(to_text(value) for value in properties["PartitionInput"]["Values"])
        return f"{properties['DatabaseName']}|{properties['TableName']}|{values}"
    if kind.type == "AWS::Glue::Classifier":
        return str(properties[_classifier_form(dict(properties))].get("Name"))
    if kind.type == "AWS::Glue::DataCatalogEncryptionSettings":
        return str(properties.get("CatalogId"))
    return name
