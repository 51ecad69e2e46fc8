"""Why a ruleset is not evaluated."""


class InvalidRulesetError(ValueError):
    """The text is no DQDL, or AWS would not take it."""


class UnsupportedRuleError(NotImplementedError):
    """AWS evaluates it and this package does not; the message names it."""


class QueryError(Exception):
    """The data cannot answer a rule: a column that is not there, a text where a number is needed."""
