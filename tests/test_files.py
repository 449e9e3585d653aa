"""Files that are written whole, and what the disk refuses."""

import os
import resource
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.refusals import refused
from toolgrad_dspy.errors import StoreError
from toolgrad_dspy.files import atomic_writer, check_writable


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """As a disk that is full after ``size`` bytes."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def write(path: Path, text: str) -> None:
    with atomic_writer(path) as file:
        file.write(text)


def test_a_file_is_replaced_when_it_is_complete_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old", encoding="utf-8")
    with atomic_writer(path) as file:
        file.write("new\n")
        file.flush()
        assert path.read_text(encoding="utf-8") == "old"
    assert path.read_bytes() == b"new\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_has_the_permissions_of_any_other(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", "a")
    (tmp_path / "b.txt").touch()
    assert os.stat(tmp_path / "a.txt").st_mode == os.stat(tmp_path / "b.txt").st_mode


@pytest.mark.parametrize("error", [ConnectionRefusedError("a server"), KeyError("x"), KeyboardInterrupt()])
def test_what_the_block_raises_is_passed_on_and_the_file_stays_as_it_was(
    tmp_path: Path, error: BaseException
) -> None:
    path = tmp_path / "a.txt"
    write(path, "old")

    def fail() -> None:
        with atomic_writer(path) as file:
            file.write("new")
            raise error

    with pytest.raises(type(error)) as caught:
        fail()
    assert caught.value is error
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("characters", [100, 1_000_000])  # noticed at the end; already within the block
def test_a_full_disk_is_one_line_about_the_file(tmp_path: Path, characters: int) -> None:
    path = tmp_path / "a.txt"
    with no_file_above(10), refused(StoreError, "file_system", path):
        write(path, "x" * characters)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["none/a.txt", "file/a.txt", "folder"])
def test_a_place_where_no_file_can_be_is_one_line_about_it(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with refused(StoreError, "file_system", tmp_path / name):
        write(tmp_path / name, "x")


def test_threads_that_write_one_file_leave_one_of_their_texts_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    together = threading.Barrier(4)

    def write_slowly(letter: str) -> None:
        with atomic_writer(path) as file:
            together.wait(10)
            file.write(letter * 100_000)
            together.wait(10)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write_slowly, "abcd"))
    assert path.read_text(encoding="utf-8") in {letter * 100_000 for letter in "abcd"}
    assert list(tmp_path.iterdir()) == [path]


def test_whether_a_file_can_be_written_is_known_without_writing_it(tmp_path: Path) -> None:
    check_writable(tmp_path / "new" / "a.txt")
    assert list((tmp_path / "new").iterdir()) == []
    with refused(StoreError, "file_system", tmp_path / "new"):
        check_writable(tmp_path / "new")
