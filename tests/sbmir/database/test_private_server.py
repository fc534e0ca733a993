"""The private mongod: out of others' reach, shared by ours, and back when it dies."""

import fcntl
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from sbmir.database import private_server
from sbmir.database.private_server import PrivateServer
from sbmir.errors import ServiceError

ROOT = Path(__file__).resolve().parents[3]

CLIENT = """
import sys
from pathlib import Path
from sbmir.database.private_server import PrivateServer
with PrivateServer(Path(sys.argv[1])) as server:
    print(server.socket_path, flush=True)
    sys.stdin.readline()
"""


def start_client(data_dir: Path) -> tuple["subprocess.Popen[str]", str]:
    """Start another process that uses the server; returns it and the socket it was given."""
    process = subprocess.Popen(
        [sys.executable, "-c", CLIENT, str(data_dir)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def end_client(process: "subprocess.Popen[str]") -> None:
    process.communicate("\n", timeout=60)
    assert process.returncode == 0


def pid_of(data_dir: Path) -> int:
    return int((data_dir / "db" / "mongod.lock").read_text())


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_for_end(pid: int) -> None:
    deadline = time.monotonic() + 30
    while is_running(pid):
        assert time.monotonic() < deadline, "the server runs on"
        time.sleep(0.02)


def kill(data_dir: Path) -> None:
    """Kill the server, and wait until the last of its threads has let go of the data."""
    os.kill(pid_of(data_dir), signal.SIGKILL)
    with (data_dir / "db" / "mongod.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)


def inodes(path: str, column: int) -> set[str]:
    lines = Path(path).read_text().splitlines()[1:]
    return {fields[column] for line in lines if len(fields := line.split()) > column}


def test_it_listens_on_sockets_for_its_user_alone_and_on_no_port(server: PrivateServer) -> None:
    folder = server.socket_path.parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    sockets = {path.name for path in folder.iterdir()}
    assert sockets == {"mongod.sock", "mongodb-27017.sock"}
    assert all(len(os.fsencode(path)) <= 107 for path in folder.iterdir())

    pid = pid_of(server.data_dir)
    links = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir() if link.exists()]
    own = {link[8:-1] for link in links if link.startswith("socket:[")}
    tables = [f"/proc/{pid}/net/{name}" for name in ("tcp", "tcp6", "udp", "udp6")]
    assert not any(own & inodes(table, 9) for table in tables if Path(table).exists())
    assert own & inodes(f"/proc/{pid}/net/unix", 6), "its Unix sockets would have been seen"


def test_nothing_of_the_server_stays_but_its_data_and_log(data_dir: Path) -> None:
    with PrivateServer(data_dir) as server:
        pid, folder = pid_of(data_dir), server.socket_path.parent
    wait_for_end(pid)

    assert not folder.exists()
    assert server.log_path.stat().st_size
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700


@pytest.mark.slow
def test_two_processes_share_a_server_and_the_last_one_stops_it(data_dir: Path) -> None:
    with PrivateServer(data_dir) as server:
        pid = pid_of(data_dir)
        other, socket_path = start_client(data_dir)
        assert socket_path == str(server.socket_path)
        assert pid_of(data_dir) == pid
    assert is_running(pid)
    end_client(other)
    wait_for_end(pid)


@pytest.mark.slow
def test_processes_that_start_at_once_share_a_server(data_dir: Path) -> None:
    clients = [
        subprocess.Popen(
            [sys.executable, "-c", CLIENT, str(data_dir)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    sockets = {client.stdout.readline() for client in clients if client.stdout}
    assert len(sockets) == 1
    pid = pid_of(data_dir)
    for client in clients:
        end_client(client)
    wait_for_end(pid)


@pytest.mark.slow
def test_a_server_whose_client_was_killed_is_taken_over(data_dir: Path) -> None:
    other, socket_path = start_client(data_dir)
    other.kill()
    other.communicate()
    pid = pid_of(data_dir)
    assert is_running(pid)

    with PrivateServer(data_dir) as server:
        assert str(server.socket_path) == socket_path
        assert pid_of(data_dir) == pid
    wait_for_end(pid)


def test_a_killed_server_is_started_again_where_its_clients_look(data_dir: Path) -> None:
    with PrivateServer(data_dir) as server:
        former, socket_path = pid_of(data_dir), server.socket_path
        kill(data_dir)
        server.ensure_running()
        assert pid_of(data_dir) != former
        assert server.socket_path == socket_path
        assert private_server._accepts(socket_path)


@pytest.mark.slow
def test_a_server_whose_socket_was_cleaned_away_is_replaced(data_dir: Path) -> None:
    with PrivateServer(data_dir) as server:
        former, socket_path = pid_of(data_dir), server.socket_path
        for path in socket_path.parent.iterdir():
            path.unlink()
        socket_path.parent.rmdir()
        server.ensure_running()
        wait_for_end(former)
        assert server.socket_path == socket_path
        assert private_server._accepts(socket_path)


@pytest.mark.parametrize("trap", ["open to all", "a link"])
def test_a_folder_that_others_can_reach_is_not_used(
    data_dir: Path, tmp_path: Path, trap: str
) -> None:
    prepared = tmp_path / "trap"
    if trap == "a link":
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        prepared.symlink_to(tmp_path / "elsewhere")
    else:
        prepared.mkdir()
        prepared.chmod(0o755)
    data_dir.mkdir()
    (data_dir / "socket").write_text(str(prepared / "mongod.sock"))

    with PrivateServer(data_dir) as server:
        assert server.socket_path.parent != prepared
        assert stat.S_IMODE(server.socket_path.parent.stat().st_mode) == 0o700


def test_a_long_temporary_folder_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 90)
    long.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(long))
    monkeypatch.setattr(tempfile, "tempdir", str(long))

    folder = private_server._make_socket_folder()

    folder.rmdir()
    assert len(os.fsencode(folder / "mongodb-27017.sock")) <= 107


def test_a_data_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with (
        pytest.raises(ServiceError, match="file/data") as caught,
        PrivateServer(tmp_path / "file/data"),
    ):
        pass
    assert "mongodb.data_dir" in caught.value.remedy


def test_a_mongod_that_others_started_on_the_data_is_left_alone(data_dir: Path) -> None:
    (data_dir / "db").mkdir(parents=True)
    with (data_dir / "db" / "mongod.lock").open("w") as lock:
        lock.write(str(os.getpid()))
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ServiceError, match="did not start"), PrivateServer(data_dir):
            pass
