"""The command line, run in the tests' own process."""

import pytest

from localstack_outages.cli.main import run


@pytest.fixture
def cli(capsys):
    """Give a function that runs a command line and gives (exit code, output, errors)."""

    def cli(*arguments):
        code = run(arguments)
        return (code, *capsys.readouterr())

    return cli
