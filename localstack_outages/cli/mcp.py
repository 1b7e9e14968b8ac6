"""The command ``mcp``: a server of the Model Context Protocol over standard input and output, by which
agents start, watch and judge outages.
"""

import json
import logging
import sys
from importlib.metadata import PackageNotFoundError, version as version_of
from typing import TYPE_CHECKING, Any

import click

from .exit_codes import NotAsAsked
from .settings import Command, settings

if TYPE_CHECKING:
    from localstack_outages.client.client import OutagesClient

    from .mcp_tools import Tool

OLDEST = 2
"""The first major version of the SDK that has the server that is used here."""

INSTRUCTIONS = """\
Make AWS services fail in a LocalStack or a gateway, the way AWS itself fails, and see how an \
application copes. Start outages, run the application's code or tests, read the verdicts, end the \
outages. End what you started: a rule without 'times' or 'duration' stays. Nothing here reaches AWS \
itself unless the gateway was started with --upstream aws.\
"""


@click.command(cls=Command)
def mcp() -> None:
    """Serve outages to agents, over the Model Context Protocol.

    It speaks over standard input and output until the agent closes them, and needs the package's
    extra 'mcp'. --endpoint or OUTAGES_ENDPOINT says where LocalStack or the gateway is.
    """
    wanted = "pip install 'localstack-extension-outages[mcp]'"
    try:
        found = version_of("mcp")
    except PackageNotFoundError:
        raise NotAsAsked("NotInstalled", f"the MCP server is not installed: {wanted}") from None
    if int(found.partition(".")[0]) < OLDEST:
        message = f"mcp {found} is too old for the MCP server, which needs {OLDEST}.0: {wanted}"
        raise NotAsAsked("NotInstalled", message)
    import anyio

    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)  # the output is the protocol's
    with settings().client() as client:
        anyio.run(_serve, client)


async def _serve(client: "OutagesClient") -> None:
    """Serve one agent until it closes its end."""
    from mcp.server import Server
    from mcp.server.stdio import stdio_server
    from mcp_types import ListToolsResult

    from localstack_outages.schema.product import version

    from .mcp_tools import TOOLS

    tools = {tool.name: tool for tool in TOOLS}
    described = [_described(tool) for tool in TOOLS]

    async def list_tools(_context: Any, _params: Any) -> Any:
        return ListToolsResult(tools=described)

    async def call_tool(_context: Any, params: Any) -> Any:
        tool = tools.get(params.name)
        if tool is None:
            return _failed(f"unknown tool '{params.name}': the tools are {', '.join(tools)}")
        return await _called(tool, client, params.arguments or {})

    server = Server(
        "localstack-outages",
        version=version(),
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


def _described(tool: "Tool") -> Any:
    from mcp_types import Tool as Described, ToolAnnotations

    return Described(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.input_schema(),
        annotations=ToolAnnotations(
            read_only_hint=tool.reads_only,
            destructive_hint=tool.destroys,
            idempotent_hint=tool.is_idempotent,
            open_world_hint=False,
        ),
    )


async def _called(tool: "Tool", client: "OutagesClient", arguments: dict[str, Any]) -> Any:
    """Run a tool in a thread, for the client waits for its answers."""
    from anyio.to_thread import run_sync
    from mcp_types import CallToolResult, TextContent

    from localstack_outages.schema.errors import ControlError, OutagesError

    try:
        document = await run_sync(tool.call, client, arguments, abandon_on_cancel=True)
    except OutagesError as e:
        others = getattr(e, "others", ()) if isinstance(e, ControlError) else ()
        further = [f"{other['path']}: {other['message']}" for other in others]
        return _failed("\n".join([str(e), *further]))
    text = json.dumps(document, ensure_ascii=False)
    return CallToolResult(
        content=[TextContent(type="text", text=text)], structured_content=document
    )


def _failed(message: str) -> Any:
    """Tell an agent what is wrong, and what would be right: it can do better the next time."""
    from mcp_types import CallToolResult, TextContent

    return CallToolResult(content=[TextContent(type="text", text=message)], is_error=True)
