"""The TCP connection behind a request, to break it as a failing network or server would."""

import os
import socket
import struct
from asyncio import Transport

from aiohttp import web

_BEHIND_BYTES = 65_536
_NO_LINGER = struct.pack("ii", 1, 0)


def why(error: OSError) -> str:
    """Say why an address could not be used, without the address."""
    if error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    return error.strerror or str(error) or type(error).__name__


def reset(transport: Transport) -> None:
    """Break a connection with a TCP reset."""
    connected = transport.get_extra_info("socket")
    if connected is not None:
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()


class Connection:
    """The connection of one client.

    :param request: the request that came by it
    """

    def __init__(self, request: web.BaseRequest) -> None:
        self._request = request

    @property
    def is_open(self) -> bool:
        """Whether the client is still there."""
        transport = self._transport
        return transport is not None and not transport.is_closing()

    @property
    def is_behind(self) -> bool:
        """Whether more is written than the client has read, by 64 KiB."""
        transport = self._transport
        return transport is not None and transport.get_write_buffer_size() > _BEHIND_BYTES

    def reset(self) -> None:
        """Break it with a TCP reset."""
        if self._transport is not None:
            reset(self._transport)

    def close(self) -> None:
        """Close it in good order once what was written is sent, without more of an answer."""
        transport = self._transport
        if transport is not None:
            transport.close()

    @property
    def _transport(self) -> Transport | None:
        transport: Transport | None = self._request.transport
        return transport
