"""Wires Budgets together."""

import threading

from localstack_glue.budgets.budgets import Budgets
from localstack_glue.budgets.errors import InvalidParameterException
from localstack_glue.service.api import ModelApi
from localstack_glue.service.clock import Clock


class BudgetsProvider(ModelApi):
    """The Budgets of one host."""

    service = "budgets"
    version = "2016-10-20"
    bad_request = InvalidParameterException

    def __init__(self, clock: Clock) -> None:
        super().__init__(Budgets(clock, threading.RLock()))
