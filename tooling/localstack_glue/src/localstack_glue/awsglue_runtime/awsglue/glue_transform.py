"""The base class of transforms."""

import inspect
from typing import Any


class GlueTransform:
    """A transform, called by `apply` or as an instance."""

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Create the transform and call it."""
        return cls()(*args, **kwargs)

    @classmethod
    def name(cls) -> str:
        """The transform's name."""
        return cls.__name__

    @classmethod
    def describeArgs(cls) -> list[dict[str, Any]]:
        """Its arguments."""
        call_parameters = list(inspect.signature(cls.__call__).parameters.values())[1:]
        return [
            {
                "name": argument.name,
                "type": str(argument.annotation),
                "description": argument.name,
                "optional": argument.default is not argument.empty,
                "defaultValue": None if argument.default is argument.empty else argument.default,
            }
            for argument in call_parameters
        ]

    @classmethod
    def describeReturn(cls) -> dict[str, Any]:
        """What it returns."""
        return {"type": str(inspect.signature(cls.__call__).return_annotation), "description": cls.__doc__}

    @classmethod
    def describeTransform(cls) -> str:
        """What it does."""
        return str(cls.__doc__)

    @classmethod
    def describeErrors(cls) -> list[dict[str, Any]]:
        """Its documented errors: none."""
        return []

    @classmethod
    def describe(cls) -> dict[str, Any]:
        """The whole description."""
        return {
            "transform": {
                "name": cls.name(),
                "args": cls.describeArgs(),
                "returns": cls.describeReturn(),
                "description": cls.describeTransform(),
                "raises": cls.describeErrors(),
            }
        }

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Transform."""
        raise NotImplementedError
