"""A redis-server of the benchmark's own: on a unix socket in a temporary folder, nothing on disk, ended with the run.

Only a benchmark starts it. Where the server or its Python client is not installed, `absent()` says so and the other
contestants go on.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from time import monotonic, sleep
from typing import Any

PROGRAM = "redis-server"
_START_SECONDS = 10.0


def absent() -> str:
    """What is missing for Redis to take part; "" if nothing is."""
    if shutil.which(PROGRAM) is None:
        return "not installed"
    return "" if find_spec("redis") is not None else "no Python package redis"


class RedisServer:
    """A running server; each contestant has a database of its own."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._clients: list[Any] = []

    def client(self) -> Any:
        """A client of redis-py with one connection, in the next unused database."""
        from redis import Redis

        client = Redis(unix_socket_path=str(self._socket), db=len(self._clients), single_connection_client=True)
        self._clients.append(client)
        return client

    def close(self) -> None:
        for client in self._clients:
            client.close()


@contextmanager
def running() -> Iterator[RedisServer | None]:
    """A server while the block runs; None where something is absent."""
    if absent():
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        socket = Path(folder) / "socket"
        options = {"port": "0", "unixsocket": str(socket), "save": "", "appendonly": "no", "dir": folder}
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        with subprocess.Popen([PROGRAM, *words], stdout=subprocess.DEVNULL) as process:
            try:
                _wait_for(socket, process)
                server = RedisServer(socket)
                try:
                    yield server
                finally:
                    server.close()
            finally:
                process.kill()


def _wait_for(socket: Path, process: subprocess.Popen[bytes]) -> None:
    """Until the server listens; RuntimeError if it ends or takes too long."""
    end = monotonic() + _START_SECONDS
    while not socket.exists():
        if process.poll() is not None or monotonic() > end:
            raise RuntimeError(f"{PROGRAM} did not start: exit code {process.returncode}")
        sleep(0.01)
