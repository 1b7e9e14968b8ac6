"""The file in which FIS keeps what it remembers."""

import json
import logging

import pytest

from localstack_outages.hosts.fis_memory import MemoryFile

KEPT = {"version": 1, "spaces": []}


def as_it_is(document):
    """Give a document as it is."""
    return document


def test_file(tmp_path):
    """What is saved is loaded, in a folder that need not be there; nothing else is left in it."""
    folder = tmp_path / "a" / "b"
    assert MemoryFile(folder).load(as_it_is) is None

    MemoryFile(folder).save(KEPT)

    assert KEPT == MemoryFile(folder).load(as_it_is)
    assert ["fis.json"] == [path.name for path in folder.iterdir()]


@pytest.mark.parametrize(
    ("text", "cause"),
    [("{", "JSONDecodeError: "), ("[]", "TypeError: "), ("{}", "KeyError: 'version'")],
)
def test_file_that_cannot_be_read(tmp_path, caplog, text, cause):
    """A file that cannot be read is told, and set aside, so that nothing is lost."""
    file = tmp_path / "fis.json"
    file.write_text(text)

    assert MemoryFile(tmp_path).load(lambda document: document["version"]) is None

    assert f"FIS cannot read {file}: {cause}" in caplog.text
    assert (text, False) == ((tmp_path / "fis.unreadable").read_text(), file.exists())


def test_folder_that_cannot_be_written(tmp_path, caplog):
    """A folder that cannot be written is told once, and FIS goes on."""
    caplog.set_level(logging.WARNING)
    (tmp_path / "file").write_text("")
    memory = MemoryFile(tmp_path / "file")

    memory.save(KEPT)
    memory.save(KEPT)

    (message,) = caplog.messages
    assert message.startswith("FIS cannot keep its templates and experiments: ")


def test_same_again(tmp_path):
    """What is the same is not written again."""
    memory = MemoryFile(tmp_path)
    memory.save(KEPT)
    (tmp_path / "fis.json").write_text(json.dumps({"other": 1}))

    memory.save(KEPT)

    assert {"other": 1} == MemoryFile(tmp_path).load(as_it_is)
