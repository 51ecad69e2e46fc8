"""Stored data quality rulesets. `data_quality` evaluates them."""

import threading
from collections.abc import Mapping

from localstack_glue.awsglue_runtime.awsgluedq.dqdl.errors import InvalidRulesetError
from localstack_glue.awsglue_runtime.awsgluedq.dqdl.grammar import parse
from localstack_glue.data_quality.filters import is_between, is_same_table
from localstack_glue.service.account_region import Scope
from localstack_glue.service.answers import present
from localstack_glue.service.api import Operation
from localstack_glue.service.clock import Clock
from localstack_glue.service.errors import AlreadyExistsException, EntityNotFoundException, InvalidInputException
from localstack_glue.service.models import JsonDict, Ruleset
from localstack_glue.service.pagination import page_by_name
from localstack_glue.service.tagging import Tagger

_KIND = "dataQualityRuleset"  # in its ARN


class DataQualityRulesets:
    """The calls on rulesets."""

    def __init__(self, clock: Clock, lock: threading.RLock, tagger: Tagger) -> None:
        self._clock = clock
        self._lock = lock
        self._tagger = tagger

    def routes(self) -> Mapping[str, Operation]:
        """Name the operations."""
        return {
            "CreateDataQualityRuleset": self.create,
            "DeleteDataQualityRuleset": self.delete,
            "GetDataQualityRuleset": self.get,
            "ListDataQualityRulesets": self.list_all,
            "UpdateDataQualityRuleset": self.update,
        }

    def create(self, scope: Scope, request: JsonDict) -> JsonDict:
        """CreateDataQualityRuleset."""
        name, now = request["Name"], self._clock.now()
        with self._lock:
            if name in scope.store.rulesets:
                raise AlreadyExistsException(f"{name} already exists")
            _check(request["Ruleset"])
            scope.store.rulesets[name] = Ruleset(
                name, request["Ruleset"], now, now, request.get("Description"), request.get("TargetTable")
            )
            self._tagger.tag(scope, scope.arn(_KIND, name), request.get("Tags"))
        return {"Name": name}

    def get(self, scope: Scope, request: JsonDict) -> JsonDict:
        """GetDataQualityRuleset."""
        found = self._find(scope, request["Name"])
        return {**_summary(found), "Ruleset": found.rules}

    def list_all(self, scope: Scope, request: JsonDict) -> JsonDict:
        """ListDataQualityRulesets, by tags, names, texts, times and target table if given."""
        stored = scope.store.rulesets
        wanted_filter = request.get("Filter") or {}
        names = self._tagger.having(scope, _KIND, stored, request.get("Tags"))
        wanted = [stored[name] for name in names if _matches_filter(stored[name], wanted_filter, scope.account_id)]
        found, token = page_by_name(wanted, request.get("NextToken"), request.get("MaxResults"))
        listed = [present(**_summary(ruleset), RuleCount=_rule_count(ruleset.rules)) for ruleset in found]
        return {"Rulesets": listed, "NextToken": token}

    def update(self, scope: Scope, request: JsonDict) -> JsonDict:
        """UpdateDataQualityRuleset: given members replace, others stay."""
        with self._lock:
            found = self._find(scope, request["Name"])
            if request.get("Ruleset"):
                _check(request["Ruleset"])
            found.rules = request.get("Ruleset") or found.rules
            if request.get("Description") is not None:
                found.description = request["Description"]
            found.modified_on = self._clock.now()
        return present(Name=found.name, Description=found.description, Ruleset=found.rules)

    def delete(self, scope: Scope, request: JsonDict) -> JsonDict:
        """DeleteDataQualityRuleset."""
        with self._lock:
            del scope.store.rulesets[self._find(scope, request["Name"]).name]
            self._tagger.forget(scope, scope.arn(_KIND, request["Name"]))
        return {}

    def _find(self, scope: Scope, name: str) -> Ruleset:
        if name not in scope.store.rulesets:
            raise EntityNotFoundException(f"Data Quality Ruleset {name} not found.")
        return scope.store.rulesets[name]


def _matches_filter(ruleset: Ruleset, wanted_filter: JsonDict, account_id: str) -> bool:
    texts = {"Name": ruleset.name, "Description": ruleset.description}
    moments = {"Created": ruleset.created_on, "LastModified": ruleset.modified_on}
    target = wanted_filter.get("TargetTable")
    return (
        all(wanted_filter.get(member) in (None, text) for member, text in texts.items())
        and all(is_between(moment, wanted_filter, member) for member, moment in moments.items())
        and (target is None or is_same_table(target, ruleset.target_table or {}, account_id))
    )


def _rule_count(rules: str) -> int | None:
    """How many rules there are; unknown for rules that only an earlier version of this service took."""
    try:
        return len(parse(rules).rules)
    except InvalidRulesetError:
        return None


def _check(rules: str) -> None:
    try:
        parse(rules)
    except InvalidRulesetError as error:
        raise InvalidInputException(f"DataQuality rules cannot be parsed: {error}") from error


def _summary(ruleset: Ruleset) -> JsonDict:
    return present(
        Name=ruleset.name,
        Description=ruleset.description,
        TargetTable=ruleset.target_table,
        CreatedOn=ruleset.created_on,
        LastModifiedOn=ruleset.modified_on,
    )
