"""What LocalStack gets when it is started, and what is refused before that."""

from pathlib import Path

import pytest

from localstack_outages.launch.environment import StartError, endpoint_of, environment


def endpoint(listen):
    """Give the endpoint for a value of GATEWAY_LISTEN."""
    return endpoint_of({"GATEWAY_LISTEN": listen})


@pytest.mark.parametrize(
    ("listen", "url"),
    [
        ("127.0.0.1:4567", "http://127.0.0.1:4567"),
        ("localhost", "http://localhost:4566"),
        (":4567", "http://127.0.0.1:4567"),
        ("0.0.0.0:4566", "http://localhost:4566"),
        ("[::]:4566", "http://[::1]:4566"),
        ("127.0.0.1:4567, 127.0.0.1:443", "http://127.0.0.1:4567"),
    ],
)
def test_the_first_address_is_the_endpoint(listen, url):
    """A client of this machine gets an address that it can call."""
    assert url == endpoint(listen)


@pytest.mark.parametrize(
    ("listen", "message"),
    [
        ("4712", "GATEWAY_LISTEN='4712' is not an address; write 127.0.0.1:4712"),
        ("99999", "GATEWAY_LISTEN='99999' is not an address; write 127.0.0.1:4566"),
        ("127.0.0.1:abc", "GATEWAY_LISTEN='127.0.0.1:abc' is not an address; write 127.0.0.1:4566"),
        ("::1", "GATEWAY_LISTEN='::1' is not an address; write 127.0.0.1:4566"),
        (
            "127.0.0.1:4566,4712",
            "GATEWAY_LISTEN='127.0.0.1:4566,4712': '4712' is not an address; write 127.0.0.1:4712",
        ),
    ],
)
def test_what_is_no_address_is_refused(listen, message):
    """The message names the value, and what would be right."""
    with pytest.raises(StartError) as caught:
        endpoint(listen)

    assert message == str(caught.value)


def test_what_the_user_has_set_stays():
    """Defaults give way to the environment, and that to the arguments."""
    base = {"GATEWAY_LISTEN": "127.0.0.1:1", "DNS_ADDRESS": "127.0.0.1"}

    assert base == {name: environment(base=base)[name] for name in base}
    assert "127.0.0.1:2" == environment("127.0.0.1:2", base=base)["GATEWAY_LISTEN"]


def test_files_stand_in_the_users_cache():
    """LocalStack's folder is one of the user's, where none is given."""
    assert "/c/localstack-outages" == environment(base={"XDG_CACHE_HOME": "/c"})["FILESYSTEM_ROOT"]
    assert "/v" == environment(volume=Path("/v"), base={})["FILESYSTEM_ROOT"]
