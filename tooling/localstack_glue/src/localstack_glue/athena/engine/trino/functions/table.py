"""All functions by name, and by topic of Trino's reference."""

from collections.abc import Mapping

from localstack_glue.athena.engine.trino.functions.aggregates import AGGREGATES, WINDOWS
from localstack_glue.athena.engine.trino.functions.array_search import ARRAYS
from localstack_glue.athena.engine.trino.functions.dates import DATES
from localstack_glue.athena.engine.trino.functions.maps import MAPS
from localstack_glue.athena.engine.trino.functions.model import Function, Topic
from localstack_glue.athena.engine.trino.functions.numbers import BITWISE, MATH
from localstack_glue.athena.engine.trino.functions.others import (
    CONDITIONAL,
    CONVERSION,
    JSON_,
    refused_topics,
)
from localstack_glue.athena.engine.trino.functions.standard_json import STANDARD_JSON
from localstack_glue.athena.engine.trino.functions.text import BINARY, REGEXP, STRINGS, URLS, UUIDS

TOPICS: tuple[Topic, ...] = (
    AGGREGATES, ARRAYS, BINARY, BITWISE, CONDITIONAL, CONVERSION, DATES, JSON_, STANDARD_JSON, MAPS, MATH, REGEXP,
    STRINGS, URLS, UUIDS, WINDOWS, *refused_topics(),
)  # fmt: skip
FUNCTIONS: Mapping[str, Function] = {
    function.name: function for topic in reversed(TOPICS) for function in reversed(topic.functions)
}
