"""Wires QuickSight together."""

import threading

from localstack_glue.quicksight.data_sets import DataSets
from localstack_glue.quicksight.data_sources import DataSources
from localstack_glue.quicksight.errors import InvalidParameterValueException
from localstack_glue.quicksight.tags import Tags
from localstack_glue.service.api import ModelApi
from localstack_glue.service.clock import Clock


class QuickSightProvider(ModelApi):
    """The QuickSight of one host; users, groups and dashboards are moto's."""

    service = "quicksight"
    version = "2018-04-01"
    bad_request = InvalidParameterValueException

    def __init__(self, clock: Clock) -> None:
        lock = threading.RLock()
        super().__init__(DataSources(clock, lock), DataSets(clock, lock), Tags())
