"""User-defined functions of the catalog: stored, for engines that read the catalog; nothing here calls them."""

import re
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from localstack_glue.data_catalog.lookup import find_database
from localstack_glue.service.account_region import Scope
from localstack_glue.service.api import Operation
from localstack_glue.service.clock import Clock
from localstack_glue.service.errors import AlreadyExistsException, EntityNotFoundException, InvalidInputException
from localstack_glue.service.models import JsonDict
from localstack_glue.service.pagination import page
from localstack_glue.service.tagging import backend

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import (
        CreateUserDefinedFunctionRequestTypeDef,
        DeleteUserDefinedFunctionRequestTypeDef,
        GetUserDefinedFunctionRequestTypeDef,
        GetUserDefinedFunctionsRequestTypeDef,
        UpdateUserDefinedFunctionRequestTypeDef,
    )

_MEMBER = "localstack_glue_user_functions"  # on moto's database, so that they are deleted with it


class UserFunctions:
    """The calls on user-defined functions."""

    def __init__(self, clock: Clock, lock: threading.RLock) -> None:
        self._clock = clock
        self._lock = lock

    def routes(self) -> Mapping[str, Operation]:
        """Name the operations."""
        return {
            "CreateUserDefinedFunction": self.create,
            "DeleteUserDefinedFunction": self.delete,
            "GetUserDefinedFunction": self.get,
            "GetUserDefinedFunctions": self.get_all,
            "UpdateUserDefinedFunction": self.update,
        }

    def create(self, scope: Scope, request: "CreateUserDefinedFunctionRequestTypeDef") -> JsonDict:
        """CreateUserDefinedFunction."""
        wanted = request["FunctionInput"]
        name = wanted.get("FunctionName")
        if not name:
            raise InvalidInputException("FunctionName must not be empty")
        with self._lock:
            functions = _functions(scope, request["DatabaseName"])
            if name in functions:
                raise AlreadyExistsException(f"Function {name} already exists.")
            functions[name] = {**wanted, "CreateTime": self._clock.now()}
        return {}

    def get(self, scope: Scope, request: "GetUserDefinedFunctionRequestTypeDef") -> JsonDict:
        """GetUserDefinedFunction."""
        database = request["DatabaseName"]
        found = _find(_functions(scope, database), request["FunctionName"])
        return {"UserDefinedFunction": _shown(scope, database, found)}

    def get_all(self, scope: Scope, request: "GetUserDefinedFunctionsRequestTypeDef") -> JsonDict:
        """GetUserDefinedFunctions, of one database or all, by a pattern in which `*` is any text and `|` means or."""
        databases = [request["DatabaseName"]] if request.get("DatabaseName") else sorted(backend(scope).databases)
        choices = "|".join(re.escape(choice).replace(r"\*", ".*") for choice in request["Pattern"].split("|"))
        pattern = re.compile(choices, re.IGNORECASE)
        matching = [
            _shown(scope, database, function)
            for database in databases
            for name, function in sorted(_functions(scope, database).items())
            if pattern.fullmatch(name)
        ]
        found, token = page(matching, request.get("NextToken"), request.get("MaxResults"), key=_place)
        return {"UserDefinedFunctions": found, "NextToken": token}

    def update(self, scope: Scope, request: "UpdateUserDefinedFunctionRequestTypeDef") -> JsonDict:
        """UpdateUserDefinedFunction: the definition is replaced whole, another name renames."""
        wanted = request["FunctionInput"]
        with self._lock:
            functions = _functions(scope, request["DatabaseName"])
            before = _find(functions, request["FunctionName"])
            name = wanted.get("FunctionName") or request["FunctionName"]
            if name != request["FunctionName"] and name in functions:
                raise AlreadyExistsException(f"Function {name} already exists.")
            del functions[request["FunctionName"]]
            functions[name] = {**wanted, "FunctionName": name, "CreateTime": before["CreateTime"]}
        return {}

    def delete(self, scope: Scope, request: "DeleteUserDefinedFunctionRequestTypeDef") -> JsonDict:
        """DeleteUserDefinedFunction."""
        with self._lock:
            functions = _functions(scope, request["DatabaseName"])
            _find(functions, request["FunctionName"])
            del functions[request["FunctionName"]]
        return {}


def _functions(scope: Scope, database_name: str) -> dict[str, JsonDict]:
    functions: dict[str, JsonDict] = vars(find_database(scope, database_name)).setdefault(_MEMBER, {})
    return functions


def _find(functions: dict[str, JsonDict], name: str) -> JsonDict:
    if name not in functions:
        raise EntityNotFoundException(f"Function {name} not found.")
    return functions[name]


def _place(function: JsonDict) -> str:
    """What functions are listed by: the database, then the name."""
    return f"{function['DatabaseName']}\0{function['FunctionName']}"


def _shown(scope: Scope, database: str, function: JsonDict) -> JsonDict:
    return {**function, "DatabaseName": database.lower(), "CatalogId": scope.account_id}
