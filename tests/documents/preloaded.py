"""Python with the project's libraries loaded: commands begin at once, and end as they always do.

``preloaded.py SOCKET`` is the program that has them. What ``preloaded.py SOCKET ARGUMENTS…`` asks
it for is done by a copy of it, in the place, with the environment and the streams of whoever asks.
Some fifty commands are typed in the tests of the pages; most of their time would go into loading
PyTorch.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import pkgutil
import runpy
import signal
import socket
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

PACKAGES = ("sbmir", "ModelTraining")
PROGRAMS = ("sbmir.cli", "ModelTraining.run_training")
MOST_BYTES = 2**17


def serve(path: str) -> None:
    """Load everything, then do what is asked for, until this program is ended."""
    for package in map(importlib.import_module, PACKAGES):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name not in PROGRAMS:
                importlib.import_module(module.name)
    importlib.import_module("matplotlib.pyplot")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the copies here
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(f"{path}.new")
        listener.listen()
        Path(f"{path}.new").rename(path)  # who sees it is answered
        while True:
            connection, _ = listener.accept()
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                listener.close()
                _do(connection)
            connection.close()


def _do(connection: socket.socket) -> None:
    """Become the program that is asked for; tell its exit status."""
    message, streams, _, _ = socket.recv_fds(connection, MOST_BYTES, 3)
    asked = json.loads(message)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    status = 1
    try:
        status = _run(asked["arguments"])
    except BaseException:
        traceback.print_exc()
    for stream_object in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream_object.flush()
    connection.send(bytes([status]))
    os._exit(status)


def _run(arguments: Sequence[str]) -> int:
    is_module = arguments[0] == "-m"
    sys.argv = list(arguments[1:] if is_module else arguments)
    sys.path.insert(0, "" if is_module else str(Path(arguments[0]).resolve().parent))
    try:
        if is_module:
            runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(arguments[0], run_name="__main__")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def ask(path: str, arguments: Sequence[str]) -> int:
    """Have a command done; returns its exit status."""
    asked = {
        "arguments": arguments,
        "folder": str(Path.cwd()),
        "environment": dict(os.environ),
    }
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.connect(path)
        socket.send_fds(connection, [json.dumps(asked).encode()], [0, 1, 2])
        answer = connection.recv(1)
    return answer[0] if answer else 1


if __name__ == "__main__":
    if sys.argv[2:]:
        sys.exit(ask(sys.argv[1], sys.argv[2:]))
    serve(sys.argv[1])
