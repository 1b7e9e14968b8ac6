"""The YAML files of ``schema/scenarios/``, which come with the package."""

from importlib.resources import files
from typing import Any

import yaml

_FOLDER = files(__package__) / "scenarios"


def yaml_names() -> list[str]:
    """Give the names of the files, without ``.yaml``, sorted."""
    names = (file.name for file in _FOLDER.iterdir())
    return sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml"))


def read_yaml(name: str) -> Any:
    """Read a file: by the parser in C, where PyYAML was built with it, which is ten times quicker.

    That one crashes on what is nested too deep, and so is not for users' files.
    """
    data = (_FOLDER / f"{name}.yaml").read_bytes()
    return yaml.load(data, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
