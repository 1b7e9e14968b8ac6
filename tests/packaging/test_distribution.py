"""Wheel and sdist hold what they should, and say so."""

import configparser
import tarfile
import zipfile
from email import message_from_bytes, policy
from email.message import EmailMessage
from importlib import import_module
from operator import attrgetter
from pathlib import Path

import pytest

import localstack_outages
from localstack_outages.schema.product import DISTRIBUTION

from .conftest import ROOT, Built

PACKAGE = ROOT / "localstack_outages"
MADE = {"__pycache__", "node_modules", "dist"}
"""Folders of what is made in a work tree."""
ENTRY_POINTS = {
    "console_scripts": {"localstack-outages": "localstack_outages.__main__:main"},
    "pytest11": {"outages": "localstack_outages.testing.plugin"},
    "localstack.extensions": {
        "localstack-extension-outages": "localstack_outages.hosts.localstack.extension:OutagesExtension"
    },
    "localstack.hooks.on_infra_start": {
        "outages": "localstack_outages.hosts.localstack.plux_hooks:on_start"
    },
    "localstack.hooks.on_infra_ready": {
        "outages": "localstack_outages.hosts.localstack.plux_hooks:on_ready"
    },
    "localstack.hooks.on_infra_shutdown": {
        "outages": "localstack_outages.hosts.localstack.plux_hooks:on_shutdown"
    },
    "localstack.aws.provider": {
        "fis:default": "localstack_outages.hosts.localstack.fis.provider:fis"
    },
    "localstack.cloudformation.resource_providers": {
        "AWS::FIS::ExperimentTemplate": "localstack_outages.hosts.localstack.fis.template_plugin:ExperimentTemplatePlugin",
        "AWS::FIS::TargetAccountConfiguration": "localstack_outages.hosts.localstack.fis.account_plugin:TargetAccountPlugin",
    },
    "localstack.openapi.spec": {
        "outages": "localstack_outages.hosts.localstack.swagger:OutagesSpec"
    },
}


def files_of_package() -> set[str]:
    """Give the files that belong to the package, as they are named in an archive."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def dist_info(wheel: Path, name: str) -> bytes:
    """Give a file of the wheel's metadata."""
    with zipfile.ZipFile(wheel) as archive:
        (path,) = (n for n in archive.namelist() if n.endswith(f".dist-info/{name}"))
        return archive.read(path)


@pytest.fixture
def metadata(built: Built) -> EmailMessage:
    """The wheel's metadata."""
    return message_from_bytes(dist_info(built.wheel, "METADATA"), policy=policy.compat32)


def test_wheel_holds_the_package_and_nothing_else(built: Built) -> None:
    """All files of the package are in the wheel, data and type marker too, and no tests."""
    with zipfile.ZipFile(built.wheel) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}

    assert files_of_package() == found


def test_wheel_is_for_every_platform(built: Built) -> None:
    """The wheel holds no compiled code."""
    assert built.wheel.name.endswith("-py3-none-any.whl")


def test_type_marker_and_data_are_files_of_the_package() -> None:
    """What the type checker and the catalogue need is there to be packed."""
    names = {Path(name).name for name in files_of_package()}

    assert "py.typed" in names
    assert any(name.endswith(".json") for name in names)


def test_sdist_holds_what_a_build_and_a_test_run_need(built: Built) -> None:
    """From the sdist the wheel can be built and the tests can be run."""
    with tarfile.open(built.sdist) as archive:
        found = {name.partition("/")[2] for name in archive.getnames()}

    assert files_of_package() <= found
    assert {"pyproject.toml", "README.md", "LICENSE", "Makefile", "action.yml"} <= found
    for folder in ("tests", "constraints", "scripts", "deploy", "docs", "examples", "clients"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and MADE.isdisjoint(path.parts):
                assert path.relative_to(ROOT).as_posix() in found
    assert not [name for name in found if name.startswith((".venv", ".localstack"))]
    assert not [name for name in found if not MADE.isdisjoint(name.split("/"))]


def test_entry_points(built: Built) -> None:
    """LocalStack finds the extension, and the hooks that load it where nothing loads extensions;
    pytest finds its plugin, a person the command line.
    """
    parser = configparser.ConfigParser(delimiters="=")
    parser.optionxform = str  # names keep their case
    parser.read_string(dist_info(built.wheel, "entry_points.txt").decode())

    assert ENTRY_POINTS == {group: dict(parser[group]) for group in parser.sections()}


@pytest.mark.parametrize(
    "value", [value for group in ENTRY_POINTS.values() for value in group.values()]
)
def test_entry_point_exists(value: str) -> None:
    """What an entry point names can be imported."""
    module, _, name = value.partition(":")

    found = import_module(module)
    assert (attrgetter(name)(found) if name else found) is not None


def test_metadata(metadata: EmailMessage) -> None:
    """An installer reads who may use it and with which Python."""
    assert DISTRIBUTION == metadata["Name"]
    assert localstack_outages.__version__ == metadata["Version"]
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["License-File"] == "LICENSE"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert "Typing :: Typed" in metadata.get_all("Classifier")


def test_license(built: Built) -> None:
    """The wheel carries the licence."""
    assert (ROOT / "LICENSE").read_bytes() == dist_info(built.wheel, "licenses/LICENSE")
