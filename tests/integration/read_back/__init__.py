"""What revision 2 of terraform_types/ changes, resource by resource: what AWS's API says, and what it should say."""

from tests.integration.read_back.glue_resources import GLUE_RESOURCES
from tests.integration.read_back.other_resources import OTHER_RESOURCES
from tests.integration.read_back.stack import Stack

READ_BACK = {**GLUE_RESOURCES, **OTHER_RESOURCES}

__all__ = ["READ_BACK", "Stack"]
