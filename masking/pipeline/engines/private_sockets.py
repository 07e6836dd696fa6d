"""How the processes of one run talk to each other: Unix sockets in a folder that no other user may enter.

Whoever reaches a Dask scheduler or worker can have it run any code. Ports on loopback are open to every user of the
machine; these sockets are open to the run's own user alone, and each end asks the kernel who the other one is. TLS on
loopback would do the same with certificates to make and every byte to encrypt.

Dask finds a way to talk by an address' scheme: importing this module adds `private`. The address
`private://127.0.0.1:7` stands for the socket `7` in the folder that SOCKET_FOLDER names.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
import weakref
from collections.abc import Awaitable, Callable
from typing import Any

import dask
from distributed.comm.addressing import parse_host_port
from distributed.comm.core import BaseListener, Comm, CommClosedError, Connector
from distributed.comm.registry import backends
from distributed.comm.tcp import MAX_BUFFER_SIZE, TCP, TCPBackend
from tornado.iostream import IOStream, StreamClosedError
from tornado.netutil import add_accept_handler

SCHEME = "private"
PREFIX = f"{SCHEME}://"
HOST = "127.0.0.1"
SOCKET_FOLDER = "masking.socket-folder"
"""The key in Dask's configuration, which reaches the worker processes with everything else that they are told."""
MAX_SOCKETS = 1 << 16
BACKLOG = 2048
_XUCRED = "II"
"""The beginning of what macOS says about a peer (struct xucred): version and user."""


class StrangerError(ConnectionRefusedError):
    """The process at the other end belongs to another user."""


def check_peer(connection: socket.socket) -> None:
    """Raise StrangerError unless the process at the other end belongs to this process's user."""
    if sys.platform == "darwin":
        _, user = struct.unpack_from(_XUCRED, connection.getsockopt(0, 1, 76))
    else:
        _, user, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    if user != os.geteuid():
        raise StrangerError(f"a process of user {user} is at the other end")


def _socket_path(number: int) -> str:
    return f"{dask.config.get(SOCKET_FOLDER)}/{number}"


class PrivateComm(TCP):
    """One connection. As Dask's TCP, without the options that only TCP's sockets have."""

    def __init__(self, stream: IOStream, local_address: str, peer_address: str, deserialize: bool = True) -> None:
        Comm.__init__(self, deserialize=deserialize)
        self._closed = False
        self._local_addr, self._peer_addr = local_address, peer_address
        self.stream = stream
        self._finalizer = weakref.finalize(self, self._get_finalizer())  # type: ignore[no-untyped-call]
        self._finalizer.atexit = False
        self._extra: dict[str, object] = {}
        this = weakref.ref(self)

        def note_closed() -> None:
            comm = this()
            if comm is not None:
                comm._closed = True

        stream.set_close_callback(note_closed)


class PrivateConnector(Connector):
    """Opens connections."""

    prefix = PREFIX

    async def connect(self, address: str, deserialize: bool = True, **_: Any) -> PrivateComm:
        """Connect to `address`, without its scheme. Raises OSError where nobody listens, or another user does."""
        number = parse_host_port(address)[1]
        stream = IOStream(socket.socket(socket.AF_UNIX), max_buffer_size=MAX_BUFFER_SIZE)
        try:
            await stream.connect(_socket_path(number))
            check_peer(stream.socket)
        except StreamClosedError as error:
            raise CommClosedError(f"nobody listens at {PREFIX}{address}: {error.real_error}") from error
        except StrangerError:
            stream.close()
            raise
        return PrivateComm(stream, PREFIX + address, PREFIX + address, deserialize)


class PrivateListener(BaseListener):
    """Takes connections at a socket of its own."""

    prefix = PREFIX

    def __init__(
        self,
        address: str,
        handle: Callable[[Comm], Awaitable[None]],
        deserialize: bool = True,
        allow_offload: bool = True,
        **_: Any,
    ) -> None:
        super().__init__()
        self._number = parse_host_port(address, 0)[1]
        self._handle = handle
        self._deserialize = deserialize
        self._allow_offload = allow_offload
        self._socket: socket.socket | None = None
        self._stop_accepting: Callable[[], None] = lambda: None

    async def start(self) -> None:
        """Begin to listen; under the first free number where the address names none."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        for number in [self._number] if self._number else range(1, MAX_SOCKETS):
            try:
                self._socket.bind(_socket_path(number))
            except OSError:  # noqa: PERF203 - a handful
                if number in (self._number, MAX_SOCKETS - 1) or not os.path.lexists(_socket_path(number)):
                    raise
            else:
                self._number = number
                break
        self._socket.setblocking(False)
        self._socket.listen(BACKLOG)
        self._stop_accepting = add_accept_handler(self._socket, self._accept)

    def stop(self) -> None:
        """Take no more connections."""
        self._stop_accepting()
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _accept(self, connection: socket.socket, _: object) -> None:
        from tornado.ioloop import IOLoop

        try:
            check_peer(connection)
        except OSError:
            connection.close()
            return
        stream = IOStream(connection, max_buffer_size=MAX_BUFFER_SIZE)
        comm = PrivateComm(stream, self.listen_address, self.listen_address, self._deserialize)
        comm.allow_offload = self._allow_offload
        IOLoop.current().add_callback(self._serve, comm)

    async def _serve(self, comm: PrivateComm) -> None:
        try:
            await self.on_connection(comm)
        except CommClosedError:
            return
        await self._handle(comm)

    @property
    def listen_address(self) -> str:
        """Where it listens."""
        return f"{PREFIX}{HOST}:{self._number}"

    @property
    def contact_address(self) -> str:
        """Where it is reached."""
        return self.listen_address


class PrivateBackend(TCPBackend):
    """Tells Dask how to talk at addresses of this scheme. An address looks like TCP's."""

    _connector_class = PrivateConnector  # type: ignore[assignment]
    _listener_class = PrivateListener  # type: ignore[assignment]


backends[SCHEME] = PrivateBackend()
