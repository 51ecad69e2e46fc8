"""Why a query failed, in the numbers of Athena.

https://docs.aws.amazon.com/athena/latest/ug/error-reference.html
"""

from localstack_glue.athena.engine.errors import WRONG_COUNT
from localstack_glue.service.models import JsonDict

_ERROR_TYPES = {
    "CATALOG_NOT_FOUND": 1006,
    "COLUMN_NOT_FOUND": 1006,
    "DIVISION_BY_ZERO": 1001,
    "FUNCTION_NOT_FOUND": 1303,
    "INVALID_CAST_ARGUMENT": 1100,
    "INVALID_FUNCTION_ARGUMENT": 1106,
    "INVALID_PARAMETER_USAGE": 1100,
    "INVALID_TABLE_PROPERTY": 1103,
    "INVALID_VIEW": 1107,
    "NOT_SUPPORTED": 1200,
    "NUMERIC_VALUE_OUT_OF_RANGE": 1100,
    "SCHEMA_NOT_FOUND": 1301,
    "SYNTAX_ERROR": 1006,
    "TABLE_ALREADY_EXISTS": 1110,
    "TABLE_NOT_FOUND": 1301,
    "TYPE_MISMATCH": 1002,
    WRONG_COUNT: 1006,  # https://github.com/aws/aws-sdk-js-v3/issues/3837
}
_OTHER_ERROR = 1000
_INTERNAL_ERROR = 200
_OF_ATHENA, _OF_THE_USER = 1, 2


def athena_error(reason: str) -> JsonDict:
    """`AthenaError` for the reason of a failure, which begins with its code."""
    code = reason.split(":", 1)[0]
    is_internal = code == "GENERIC_INTERNAL_ERROR"
    return {
        "ErrorCategory": _OF_ATHENA if is_internal else _OF_THE_USER,
        "ErrorType": _INTERNAL_ERROR if is_internal else _ERROR_TYPES.get(code, _OTHER_ERROR),
        "Retryable": False,
        "ErrorMessage": reason,
    }
