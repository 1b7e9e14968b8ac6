"""Starts a gateway: ``python -m localstack_outages.hosts.gateway``."""

import asyncio
import contextlib
import logging
import signal
import socket
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from localstack_outages.control.guard import Guard
from localstack_outages.hosts.app import App
from localstack_outages.schema.product import PREFIX, version

from .connection import why
from .moto_process import Moto, MotoNotStarted, moto
from .options import AWS, MOTO, Misuse, Options, read_options
from .server import Gateway
from .upstream import AskedUpstream, Upstream

if TYPE_CHECKING:
    from .authority import Authority

LOG = logging.getLogger("localstack_outages.gateway")


def main() -> int:
    """Serve until told to end; give the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        options = read_options()
        guard = Guard(token=options.token)
        app = App(options.upstream, guard, rules=options.rules, share=options.share)
        with contextlib.ExitStack() as stack:
            return _start(options, app, guard, stack)
    except (Misuse, MotoNotStarted) as e:
        sys.stderr.write(f"error: {e}\n")
        return 2


def _start(options: Options, app: App, guard: Guard, stack: contextlib.ExitStack) -> int:
    if options.rules is not None and app.startup_rules.error is not None:
        raise Misuse(app.startup_rules.error)
    app.startup_rules.check()
    try:
        _check_free(options)  # before moto takes its second to start
        beside = None
        if options.upstream == MOTO:
            LOG.info("Starting moto ...")
            beside = stack.enter_context(moto())
        upstream = _upstream(options, guard, beside)
        authority = _authority(options.ca_dir) if options.ca_dir is not None else None
        return _run(_serve(Gateway(app, upstream, authority), options, beside))
    except OSError as e:
        raise Misuse(f"--listen {options.listen} cannot be used: {why(e)}") from None


def _upstream(options: Options, guard: Guard, beside: Moto | None) -> Upstream:
    if beside is not None:
        return Upstream(beside.url, is_moto=True)
    if options.upstream != AWS:
        return Upstream(options.upstream)
    return _aws(guard) if options.ca_dir is None else AskedUpstream()


def _authority(folder: Path) -> "Authority":
    from .authority import Authority

    try:
        authority = Authority(folder)
    except (OSError, ValueError) as e:
        raise Misuse(f"--ca-dir {folder} cannot be used: {e}") from None
    LOG.info("CA of the proxy: %s; have clients trust it, by AWS_CA_BUNDLE", authority.path)
    return authority


def _aws(guard: Guard) -> Upstream:
    from .aws_upstream import AwsUpstream, NoCredentials

    try:
        return AwsUpstream(guard)
    except NoCredentials as e:
        raise Misuse(f"--upstream aws has no credentials to sign with: {e}") from None


def _check_free(options: Options) -> None:
    """Check that the address can be used.

    :raises OSError: where it cannot
    """
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    socket.create_server((options.host, options.port), family=family).close()


async def _serve(gateway: Gateway, options: Options, beside: Moto | None) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    host, upstream = options.host, gateway.upstream
    bound = await gateway.start(host, options.port, options.tls)
    gateway.app.begin()
    url = f"{options.scheme}://{f'[{host}]' if ':' in host else host}:{bound}"
    LOG.info("Outages %s: %s is ready, before %s", version(), url, upstream.name)
    LOG.info("Control API: %s%s/outages", url, PREFIX)
    if (reason := await upstream.missing()) is not None:
        LOG.warning(
            "%s does not answer (%s): until it does, calls get HTTP 502", upstream.name, reason
        )
    gateway.app.startup_rules.log_error()
    watch = asyncio.create_task(_stop_with(beside, stop))
    await stop.wait()
    watch.cancel()
    await gateway.stop()
    return 0 if beside is None or beside.exit_code() is None else 1


async def _stop_with(beside: Moto | None, stop: asyncio.Event) -> None:
    """Stop when moto ends: what it knew is lost, and calls would only fail."""
    while beside is not None:
        if (code := beside.exit_code()) is not None:
            LOG.error("moto has ended with exit code %d, and so does the gateway", code)
            stop.set()
            return
        await asyncio.sleep(0.5)


def _run(main: Coroutine[Any, Any, int]) -> int:
    try:
        import uvloop
    except ImportError:  # it is faster, and not needed
        return asyncio.run(main)
    code: int = uvloop.run(main)
    return code


if __name__ == "__main__":
    sys.exit(main())
