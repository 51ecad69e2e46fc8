"""Functions, rulesets and registries: stored for Terraform and readers."""

from datetime import timedelta
from threading import RLock

import pytest

from localstack_glue.data_catalog.data_quality_rulesets import DataQualityRulesets
from localstack_glue.data_catalog.schema_registry import Registries
from localstack_glue.data_catalog.user_functions import UserFunctions
from localstack_glue.service.errors import (
    AlreadyExistsException,
    EntityNotFoundException,
    InvalidInputException,
    ResourceNumberLimitExceededException,
    ServiceError,
)
from localstack_glue.service.tagging import MotoTagger, backend

FUNCTION = {"FunctionName": "plate", "ClassName": "a.Plate", "OwnerName": "o", "OwnerType": "USER"}


def test_functions_go_with_their_database(glue):
    functions = UserFunctions(glue.clock, RLock())
    backend(glue.scope).create_database("db", {"Name": "db"})
    functions.create(glue.scope, {"DatabaseName": "DB", "FunctionInput": FUNCTION})
    asked = {"DatabaseName": "db", "FunctionName": "plate"}
    assert functions.get(glue.scope, asked)["UserDefinedFunction"]["ClassName"] == "a.Plate"
    del backend(glue.scope).databases["db"]
    backend(glue.scope).create_database("db", {"Name": "db"})
    with pytest.raises(ServiceError, match=r"Function plate not found"):
        functions.get(glue.scope, asked)


def test_functions_are_found_by_pattern_in_all_databases(glue):
    functions = UserFunctions(glue.clock, RLock())
    for database, name in (("one", "plate"), ("two", "place"), ("two", "brand")):
        if database not in backend(glue.scope).databases:
            backend(glue.scope).create_database(database, {"Name": database})
        functions.create(glue.scope, {"DatabaseName": database, "FunctionInput": {**FUNCTION, "FunctionName": name}})
    found = functions.get_all(glue.scope, {"Pattern": "pla*"})["UserDefinedFunctions"]
    assert [(function["DatabaseName"], function["FunctionName"]) for function in found] == [
        ("one", "plate"),
        ("two", "place"),
    ]


def test_function_is_replaced_whole_and_renamed_to_a_free_name_only(glue):
    functions = UserFunctions(glue.clock, RLock())
    glue.catalog.reset()
    backend(glue.scope).create_database("db", {"Name": "db"})
    for name in ("plate", "brand"):
        functions.create(glue.scope, {"DatabaseName": "db", "FunctionInput": {**FUNCTION, "FunctionName": name}})

    def updated(name, **wanted):
        functions.update(glue.scope, {"DatabaseName": "db", "FunctionName": name, "FunctionInput": wanted})
        found = functions.get_all(glue.scope, {"Pattern": "*"})["UserDefinedFunctions"]
        return {each["FunctionName"]: (each.get("ClassName"), each.get("OwnerName")) for each in found}

    assert updated("plate", ClassName="b.Plate") == {"brand": ("a.Plate", "o"), "plate": ("b.Plate", None)}
    assert updated("plate", FunctionName="sign") == {"brand": ("a.Plate", "o"), "sign": (None, None)}
    with pytest.raises(AlreadyExistsException, match="Function brand already exists"):
        updated("sign", FunctionName="brand")
    with pytest.raises(EntityNotFoundException, match="Function plate not found"):
        updated("plate", FunctionName="sign")


def test_ruleset_update_keeps_omitted_fields(glue):
    rulesets = DataQualityRulesets(glue.clock, RLock(), MotoTagger())
    rulesets.create(glue.scope, {"Name": "r", "Ruleset": "Rules = [ColumnCount = 1]", "Description": "d"})
    rulesets.update(glue.scope, {"Name": "r", "Ruleset": "Rules = [ColumnCount = 2]"})
    found = rulesets.get(glue.scope, {"Name": "r"})
    assert (found["Description"], found["Ruleset"]) == ("d", "Rules = [ColumnCount = 2]")
    with pytest.raises(ServiceError, match="already exists"):
        rulesets.create(glue.scope, {"Name": "r", "Ruleset": "Rules = []"})
    with pytest.raises(InvalidInputException, match="DataQuality rules cannot be parsed: line 1:10"):
        rulesets.update(glue.scope, {"Name": "r", "Ruleset": "Rules = [Rows = 1]"})


def test_stored_ruleset_that_is_no_longer_read_is_listed_without_its_count(glue):
    rulesets = DataQualityRulesets(glue.clock, RLock(), MotoTagger())
    rulesets.create(glue.scope, {"Name": "r", "Ruleset": "Rules = [RowCount > 0]"})
    glue.scope.store.rulesets["r"].rules = 'Rules = [ColumnLength "a" > 1 with threshold > 0.5]'
    listed = rulesets.list_all(glue.scope, {})["Rulesets"]
    assert [(each["Name"], "RuleCount" in each) for each in listed] == [("r", False)]


def test_rulesets_are_listed_by_filter(glue):
    rulesets = DataQualityRulesets(glue.clock, RLock(), MotoTagger())
    table = {"DatabaseName": "feeds", "TableName": "orders"}
    rulesets.create(
        glue.scope, {"Name": "one", "Ruleset": "Rules = [RowCount > 0, ColumnCount > 1]"} | {"Description": "d"}
    )
    rulesets.create(glue.scope, {"Name": "two", "Ruleset": "Rules = [RowCount > 0]", "TargetTable": table})

    def listed(**asked):
        return [each["Name"] for each in rulesets.list_all(glue.scope, {"Filter": asked})["Rulesets"]]

    now = glue.clock.now()
    assert listed(Name="two") == ["two"]
    assert listed(Description="d") == ["one"]
    assert listed(TargetTable={**table, "TableName": "Orders", "CatalogId": glue.scope.account_id}) == ["two"]
    assert listed(TargetTable={**table, "TableName": "others"}) == []
    assert listed(CreatedAfter=now + timedelta(1)) == []
    assert listed(LastModifiedBefore=now + timedelta(1), Name="one") == ["one"]
    assert [each["RuleCount"] for each in rulesets.list_all(glue.scope, {})["Rulesets"]] == [2, 1]


def test_registry_keeps_its_tags_where_get_tags_finds_them(glue):
    registries = Registries(glue.clock, RLock(), MotoTagger())
    made = registries.create(glue.scope, {"RegistryName": "tolls", "Tags": {"team": "roads"}})
    assert backend(glue.scope).get_tags(made["RegistryArn"]) == {"team": "roads"}
    registries.delete(glue.scope, {"RegistryId": {"RegistryArn": made["RegistryArn"]}})
    assert backend(glue.scope).get_tags(made["RegistryArn"]) == {}


def test_registry_is_described_anew_by_its_name_or_its_arn(glue):
    registries = Registries(glue.clock, RLock(), MotoTagger())
    glue.catalog.reset()
    made = registries.create(glue.scope, {"RegistryName": "tolls", "Description": "of roads"})
    for key, said in (("RegistryName", "of bridges"), ("RegistryArn", "of tunnels")):
        registries.update(glue.scope, {"RegistryId": {key: made[key]}, "Description": said})
        assert registries.get(glue.scope, {"RegistryId": {"RegistryName": "tolls"}})["Description"] == said
    with pytest.raises(EntityNotFoundException, match="RegistryName: canals"):
        registries.update(glue.scope, {"RegistryId": {"RegistryName": "canals"}, "Description": ""})


def test_registry_with_an_invalid_name_is_refused(glue):
    registries = Registries(glue.clock, RLock(), MotoTagger())
    with pytest.raises(InvalidInputException, match="Parameter Name: registryName"):
        registries.create(glue.scope, {"RegistryName": "no name"})


def test_more_registries_than_allowed_are_refused(glue):
    registries = Registries(glue.clock, RLock(), MotoTagger())
    glue.catalog.reset()
    for number in range(10):
        registries.create(glue.scope, {"RegistryName": f"r{number}"})
    with pytest.raises(ResourceNumberLimitExceededException):
        registries.create(glue.scope, {"RegistryName": "r10"})
    glue.catalog.reset()


def test_event_trigger_must_belong_to_a_workflow(glue):
    with pytest.raises(ServiceError, match="must belong to a workflow"):
        glue.add_trigger("t", "EVENT", [{"JobName": "j"}])
    glue.workflows.create(glue.scope, {"Name": "w"})
    glue.add_trigger("t", "EVENT", [{"JobName": "j"}], WorkflowName="w")


def test_registries_are_listed_page_by_page(glue):
    registries = Registries(glue.clock, RLock(), MotoTagger())
    for number in range(3):
        registries.create(glue.scope, {"RegistryName": f"r{number}"})

    first = registries.get_all(glue.scope, {"MaxResults": 2})
    rest = registries.get_all(glue.scope, {"MaxResults": 2, "NextToken": first["NextToken"]})

    assert [found["RegistryName"] for found in first["Registries"] + rest["Registries"]] == ["r0", "r1", "r2"]
    assert rest["NextToken"] is None
