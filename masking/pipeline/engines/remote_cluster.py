"""Joining a Dask cluster that somebody else has started.

Whoever reaches its scheduler can run code on every worker, and everything that is sent there, or comes back, is
pickled. So beyond this machine it is TLS with certificates on both sides, or the user's express word.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from masking.core.config.options import RunOptions
from masking.core.errors import ClusterError, ConfigError, first_line

if TYPE_CHECKING:
    from distributed import Client

CONNECT_SECONDS = 10.0
"""How long a scheduler may take over each step of being joined, and over each question later on."""
ENCRYPTED, UNENCRYPTED = ("tls", "wss"), ("tcp", "ws", "ucx")
Result = TypeVar("Result")


@contextmanager
def joined_cluster(options: RunOptions, patience: float = CONNECT_SECONDS) -> Iterator[Client]:
    """A client of the cluster at SCHEDULER, closed when the block ends. patience: seconds for each step.

    Raises ConfigError where it is neither encrypted, on this machine, nor asked for expressly; ClusterError where
    nobody answers there as a Dask scheduler does.
    """
    from distributed import Client
    from distributed.security import Security

    check_address(options.scheduler, options.unencrypted_scheduler)
    security = Security(require_encryption=is_encrypted(options.scheduler))
    try:
        _within(patience, lambda: asyncio.run(_greet(options.scheduler, security, patience)))
        client = _within(
            patience, lambda: Client(options.scheduler, timeout=patience, set_as_default=False, security=security)
        )
    except Exception as error:
        raise ClusterError(
            f"no Dask scheduler answers at SCHEDULER = {options.scheduler} ({_what_went_wrong(error)}). Start one with "
            "`dask scheduler`, and workers with `dask worker` (docs/scaling.md)"
        ) from error
    try:
        yield client
    finally:
        with suppress(OSError, TimeoutError, concurrent.futures.TimeoutError):
            client.close(timeout=patience)


def check_address(address: str, unencrypted_scheduler: bool) -> None:
    """Raise ConfigError unless `address` is encrypted, or on this machine, or wanted without encryption."""
    scheme = urlsplit(address).scheme
    if scheme not in (*ENCRYPTED, *UNENCRYPTED):
        known = ", ".join(f"{name}://" for name in (*ENCRYPTED, *UNENCRYPTED))
        raise ConfigError([f"SCHEDULER = {address}: unknown protocol; known ones are {known}"])
    if not (is_encrypted(address) or unencrypted_scheduler or is_on_this_machine(address)):
        raise ConfigError(
            [
                f"SCHEDULER = {address} is not encrypted: whoever can reach it can run code on its workers and read "
                "the photos. Start scheduler and workers with --tls-ca-file, --tls-cert and --tls-key and give a "
                "tls:// address (docs/scaling.md), or set [RUN] UNENCRYPTED_SCHEDULER = yes if nobody else can reach it"
            ]
        )


def is_encrypted(address: str) -> bool:
    """Whether everything that is sent to `address` is encrypted, and both sides show certificates."""
    return urlsplit(address).scheme in ENCRYPTED


def is_on_this_machine(address: str) -> bool:
    """Whether every address that the scheduler's name stands for is a loopback one."""
    host = urlsplit(address).hostname or ""
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host, None)} if host else set()
        return bool(found) and all(ipaddress.ip_address(str(ip).partition("%")[0]).is_loopback for ip in found)
    except (OSError, ValueError):
        return False


def threads_by_worker(client: Client, patience: float = CONNECT_SECONDS) -> Mapping[str, int]:
    """How many threads each of the cluster's workers has. Raises ClusterError where the scheduler stays silent."""
    try:
        threads: Mapping[str, int] = client.sync(_ask_for_threads, client, callback_timeout=patience)
    except (TimeoutError, asyncio.TimeoutError, OSError) as error:
        raise ClusterError(
            f"the Dask scheduler has gone away, or has not answered for {patience:.0f} s. What was done is in the "
            "journal: make sure that it is running again, and the same command goes on"
        ) from error

    return threads


async def _ask_for_threads(client: Client) -> Any:
    if client.scheduler is None:
        raise OSError("the connection is closed")
    return await client.scheduler.ncores(workers=None)


async def _greet(address: str, security: Any, patience: float) -> None:
    """Ask whoever listens at `address` who it is. Raises where it doesn't answer as a scheduler does."""
    from distributed.comm.core import connect

    arguments = security.get_connection_args("client")
    comm = await connect(address, timeout=patience, **arguments)
    try:
        await comm.write({"op": "identity", "reply": True})
        answer = await comm.read()
        if not isinstance(answer, dict) or answer.get("type") != "Scheduler":
            raise ValueError("what answers there is not a Dask scheduler")
    finally:
        comm.abort()


def _within(patience: float, act: Callable[[], Result]) -> Result:
    """What `act` returns or raises; TimeoutError where it takes too long. It then goes on in vain, in a thread that
    ends with the process.
    """
    result: concurrent.futures.Future[Result] = concurrent.futures.Future()

    def work() -> None:
        try:
            result.set_result(act())
        except BaseException as error:  # noqa: BLE001 - it is raised again where it is waited for
            result.set_exception(error)

    threading.Thread(target=work, daemon=True, name="join-cluster").start()
    try:
        return result.result(patience + 1.0)
    except concurrent.futures.TimeoutError as error:
        raise TimeoutError(f"it took more than {patience:.0f} s for one step") from error


def _what_went_wrong(error: Exception) -> str:
    if isinstance(error, TypeError) and "ssl" in str(error):
        return "a tls:// address needs Dask's keys distributed.comm.tls.ca-file, .client.cert and .client.key"
    if isinstance(error, MemoryError | ValueError | EOFError):
        return "what answers there does not speak as a Dask scheduler does"
    return first_line(error)
