"""Classifiers: all kinds are stored, CSV and JSON ones take part in crawls (G16)."""

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from localstack_glue.crawlers.crawling.csv_rules import CsvClassifier
from localstack_glue.crawlers.crawling.json_rules import JsonClassifier
from localstack_glue.service import answers
from localstack_glue.service.account_region import Scope
from localstack_glue.service.api import Operation
from localstack_glue.service.clock import Clock
from localstack_glue.service.errors import AlreadyExistsException, EntityNotFoundException, InvalidInputException
from localstack_glue.service.models import Classifier, JsonDict
from localstack_glue.service.pagination import page_by_name

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import (
        CreateClassifierRequestTypeDef,
        DeleteClassifierRequestTypeDef,
        GetClassifierRequestTypeDef,
        GetClassifiersRequestTypeDef,
        UpdateClassifierRequestTypeDef,
    )

# the request's member and the answer's member are one for each kind
KINDS = ("CsvClassifier", "GrokClassifier", "JsonClassifier", "XMLClassifier")
_REQUIRED = {
    "GrokClassifier": ("Classification", "GrokPattern"),
    "JsonClassifier": ("JsonPath",),
    "XMLClassifier": ("Classification",),
}
_DATATYPES = frozenset(
    {"BINARY", "BOOLEAN", "DATE", "DECIMAL", "DOUBLE", "FLOAT", "INT", "LONG", "SHORT", "STRING", "TIMESTAMP"}
)
_CSV_DEFAULTS: JsonDict = {"ContainsHeader": "UNKNOWN", "DisableValueTrimming": True, "AllowSingleColumn": False}


class Classifiers:
    """The classifier calls of the API."""

    def __init__(self, clock: Clock, lock: threading.RLock) -> None:
        self._clock = clock
        self._lock = lock

    def routes(self) -> Mapping[str, Operation]:
        """Name the operations."""
        return {
            "CreateClassifier": self.create,
            "DeleteClassifier": self.delete,
            "GetClassifier": self.get,
            "GetClassifiers": self.get_all,
            "UpdateClassifier": self.update,
        }

    def create(self, scope: Scope, request: "CreateClassifierRequestTypeDef") -> JsonDict:
        """CreateClassifier."""
        kind, definition = _only_kind(request)
        name = definition["Name"]
        _check(kind, definition)
        with self._lock:
            if name in scope.store.classifiers:
                raise AlreadyExistsException(f"{name} already exists")
            now = self._clock.now()
            defaults = _CSV_DEFAULTS if kind == "CsvClassifier" else {}
            scope.store.classifiers[name] = Classifier(name, kind, {**defaults, **definition}, now, now)
        return {}

    def get(self, scope: Scope, request: "GetClassifierRequestTypeDef") -> JsonDict:
        """GetClassifier."""
        return {"Classifier": answers.classifier(self._find(scope, request["Name"]))}

    def get_all(self, scope: Scope, request: "GetClassifiersRequestTypeDef") -> JsonDict:
        """GetClassifiers."""
        stored = list(scope.store.classifiers.values())
        found, token = page_by_name(stored, request.get("NextToken"), request.get("MaxResults"))
        return {"Classifiers": [answers.classifier(classifier) for classifier in found], "NextToken": token}

    def update(self, scope: Scope, request: "UpdateClassifierRequestTypeDef") -> JsonDict:
        """UpdateClassifier: given members replace, others stay."""
        kind, changes = _only_kind(request)
        with self._lock:
            classifier = self._find(scope, changes["Name"])
            if classifier.kind != kind:
                raise InvalidInputException(f"{classifier.name} is not a {kind}")
            definition = {**classifier.definition, **changes}
            _check(kind, definition)
            classifier.definition = definition
            classifier.updated_on = self._clock.now()
            classifier.version += 1
        return {}

    def delete(self, scope: Scope, request: "DeleteClassifierRequestTypeDef") -> JsonDict:
        """DeleteClassifier."""
        with self._lock:
            del scope.store.classifiers[self._find(scope, request["Name"]).name]
        return {}

    def _find(self, scope: Scope, name: str) -> Classifier:
        if name not in scope.store.classifiers:
            raise EntityNotFoundException(f"Classifier {name} not found.")
        return scope.store.classifiers[name]


def crawl_classifiers(scope: Scope, names: list[str]) -> list[CsvClassifier | JsonClassifier]:
    """Read a crawler's classifiers, in its order.

    Raises:
        ValueError: one is missing, or of a kind that is only stored: the built-in classifiers would see what it would
            have recognised as something else.
    """
    found: list[CsvClassifier | JsonClassifier] = []
    for name in names:
        classifier = scope.store.classifiers.get(name)
        if classifier is None:
            raise ValueError(f"Classifier {name} not found.")
        if classifier.kind == "CsvClassifier":
            csv = CsvClassifier.from_definition(classifier.definition)
            if "DECIMAL" in (kind.upper() for kind in csv.datatypes):
                raise ValueError(
                    f"Classifier {name}: which precision and scale AWS gives a DECIMAL of CustomDatatypes is not"
                    " documented, and Hive's would round to whole numbers; use DOUBLE or STRING"
                )
            found.append(csv)
        elif classifier.kind == "JsonClassifier":
            read = JsonClassifier.from_definition(classifier.definition)
            if read.steps is None:
                raise ValueError(
                    f"Classifier {name}: glue-local does not follow the JsonPath {read.json_path}, only names and [*]"
                )
            found.append(read)
        else:
            raise ValueError(
                f"Classifier {name}: glue-local only stores a {classifier.kind}, and crawls with CsvClassifier and"
                " JsonClassifier"
            )
    return found


def _only_kind(request: Mapping[str, Any]) -> tuple[str, JsonDict]:
    kinds_and_forms = [(kind, request[kind]) for kind in KINDS if request.get(kind)]
    if len(kinds_and_forms) != 1:
        raise InvalidInputException("Exactly one of the classifier types must be specified")
    return kinds_and_forms[0]


def _check(kind: str, definition: JsonDict) -> None:
    for member in _REQUIRED.get(kind, ()):
        if not definition.get(member):
            raise InvalidInputException(f"{member} must not be empty")
    if kind != "CsvClassifier":
        return
    delimiter, quote = definition.get("Delimiter"), definition.get("QuoteSymbol")
    if any(symbol and len(symbol) != 1 for symbol in (delimiter, quote)):
        raise InvalidInputException("Delimiter and quote symbol must be a single character")
    if delimiter and delimiter == quote:
        raise InvalidInputException("Delimiter and quote symbol must be different")
    header = definition.get("Header") or []
    if len(set(header)) != len(header):
        raise InvalidInputException("The header contains duplicate column names")
    if unknown := sorted({kind.upper() for kind in definition.get("CustomDatatypes") or ()} - _DATATYPES):
        raise InvalidInputException(f"CustomDatatypes must be of {', '.join(sorted(_DATATYPES))}, not {unknown[0]}")
