"""What the console of a host says of the fleet that the host belongs to."""

from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.redis_server import redis_server

from .conftest import HOST

LOOKS_WRONG = """(element) => {
    const style = getComputedStyle(element);
    return style.getPropertyValue("--tone") === style.getPropertyValue("--out");
}"""


def test_a_fleet_and_its_redis(request, start_host, new_page, watch, tmp_path):
    """The hosts are counted, and a Redis that is gone is told until it is back."""
    with redis_server(tmp_path) as redis:
        host = start_host(OUTAGES_SHARE=redis.url)
        request.addfinalizer(host.stop)
        page = new_page()
        watch[0].allowed = (f"request to http://{HOST}",)
        page.goto(f"http://{HOST}:{urlsplit(host.endpoint).port}/")
        expect(page.locator("#fleet")).to_have_text("fleet of 1 host")
        alert = page.get_by_role("alert").filter(has_text="Redis has not answered since")
        expect(alert).to_have_count(0)

        redis.kill()
        expect(alert).to_contain_text("those with a budget hit nothing")
        assert alert.evaluate(LOOKS_WRONG)

        redis.start()
        expect(alert).to_have_count(0)
        page.close()  # before its host ends
