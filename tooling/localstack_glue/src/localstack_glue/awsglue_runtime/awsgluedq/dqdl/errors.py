"""The reasons why a ruleset is not evaluated."""


class InvalidRulesetError(ValueError):
    """The text is not DQDL, or AWS would refuse it."""


class UnsupportedRuleError(NotImplementedError):
    """AWS evaluates the rule and this package does not. The message names the rule."""


class QueryError(Exception):
    """The data do not allow a rule: for example, a missing column, or text instead of numbers."""
