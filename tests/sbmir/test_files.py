import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sbmir.files import (
    atomic_folder,
    atomic_write,
    is_temporary,
    remove_leftovers,
    save_array,
    write_text,
)


def test_an_array_comes_back_as_it_was(tmp_path: Path):
    array = np.arange(12, dtype=np.float32).reshape(3, 4).T
    save_array(tmp_path / "a.npy", array)
    loaded = np.load(tmp_path / "a.npy", allow_pickle=False)
    assert loaded.dtype == np.float32
    np.testing.assert_array_equal(loaded, array)


def test_an_array_of_objects_is_refused_and_leaves_nothing(tmp_path: Path):
    with pytest.raises(ValueError, match="Object arrays"):
        save_array(tmp_path / "a.npy", np.array([{}], dtype=object))
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_keeps_the_former_file(tmp_path: Path):
    target = tmp_path / "report.json"
    write_text(target, "former")
    with pytest.raises(RuntimeError), atomic_write(target) as stream:
        stream.write(b"half")
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
    assert target.read_text() == "former"


def test_the_former_file_is_seen_until_the_new_one_is_whole(tmp_path: Path):
    target = tmp_path / "report.json"
    write_text(target, "former")
    with atomic_write(target) as stream:
        stream.write(b"new")
        stream.flush()
        assert target.read_text() == "former"
    assert target.read_text() == "new"


def test_the_longest_possible_file_name_can_be_written(tmp_path: Path):
    target = tmp_path / ("n" * 255)
    write_text(target, "é")
    assert target.read_bytes() == "é".encode()


def test_files_can_be_read_by_whom_the_umask_allows(tmp_path: Path):
    former = os.umask(0o027)
    try:
        write_text(tmp_path / "a", "")
        with atomic_folder(tmp_path / "b"):
            pass
    finally:
        os.umask(former)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o750


def test_a_folder_appears_whole(tmp_path: Path):
    target = tmp_path / "patient"
    with atomic_folder(target) as staging:
        write_text(staging / "a", "1")
        assert not target.exists()
    assert [path.name for path in tmp_path.rglob("*")] == ["patient", "a"]


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path):
    target = tmp_path / "patient"
    target.mkdir()
    (target / "old").touch()
    with atomic_folder(target) as staging:
        (staging / "new").touch()
    assert [path.name for path in tmp_path.rglob("*")] == ["patient", "new"]


def test_a_folder_that_outlives_a_loss_of_power_is_on_the_disk_before_it_is_seen(
    tmp_path: Path, monkeypatch
):
    target = tmp_path / "stage" / "answer"
    target.parent.mkdir()
    flushed: list[tuple[str, bool]] = []
    fsync = os.fsync

    def watched(number: int) -> None:
        flushed.append((Path(f"/proc/self/fd/{number}").readlink().name, target.exists()))
        fsync(number)

    monkeypatch.setattr(os, "fsync", watched)
    with atomic_folder(target, outlives_power=True) as staging:
        write_text(staging / "a", "1")
    assert flushed[0] == ("a", False)
    assert not flushed[1][1]
    assert flushed[2:] == [("stage", True), (tmp_path.name, True)]


def test_a_failed_folder_keeps_the_former_one(tmp_path: Path):
    target = tmp_path / "patient"
    target.mkdir()
    (target / "old").touch()
    with pytest.raises(KeyboardInterrupt), atomic_folder(target) as staging:
        (staging / "new").touch()
        raise KeyboardInterrupt
    assert [path.name for path in tmp_path.rglob("*")] == ["patient", "old"]


def test_what_a_killed_program_left_is_removed_and_nothing_else(tmp_path: Path):
    code = (
        "import sys, time; from pathlib import Path; from sbmir.files import *\n"
        "with atomic_folder(Path(sys.argv[1]) / 'p') as f, atomic_write(f / 'a') as s,"
        " atomic_write(Path(sys.argv[1]) / 'b'):\n"
        "    s.write(b'half'); s.flush(); print('writing', flush=True); time.sleep(60)"
    )
    (tmp_path / ".hidden").touch()
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "writing\n"
        program.send_signal(signal.SIGKILL)
    left = [path for path in tmp_path.iterdir() if is_temporary(path)]
    assert len(left) == 2
    remove_leftovers(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".hidden"]


def test_a_full_disk_leaves_nothing(tmp_path: Path):
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(OSError, match="No space"), atomic_write(tmp_path / "a") as stream:
        with full.open("wb") as sink:
            os.dup2(sink.fileno(), stream.fileno())
        stream.write(b"0" * 100_000)
    assert list(tmp_path.iterdir()) == []
