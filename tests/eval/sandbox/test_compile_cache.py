"""Compiled programs: compiled once, whole or not there, and nothing that they should
not be.
"""

import dataclasses
import io
import os
import tarfile
import threading

import pytest

from data_pipeline.schema import UserError
from eval.sandbox import compile_cache, pool, tiers
from eval.sandbox.compile_cache import CompileCache
from eval.sandbox.limits import COMPILING, RUNNING
from tests.eval.sandbox.programs import ECHO, program

NAME = "ab" + 62 * "0"


def archive(*members: tuple[str, bytes], links: tuple[tuple[str, str], ...] = ()):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        for name, target in links:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            tar.addfile(info)
    return stream.getvalue()


def test_second_time_nothing_is_built(tmp_path):
    cache = CompileCache(tmp_path)
    place = cache.get(NAME, lambda: archive(("./a/b", b"x")))
    assert (place / "a" / "b").read_bytes() == b"x"
    assert CompileCache(tmp_path).get(NAME, lambda: 1 / 0) == place


def test_failure_leaves_nothing(tmp_path):
    cache = CompileCache(tmp_path)
    with pytest.raises(ZeroDivisionError):
        cache.get(NAME, lambda: 1 / 0)
    with pytest.raises(tarfile.ReadError):
        cache.get(NAME, lambda: b"no archive")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert cache.get(NAME, lambda: archive(("a", b"x"))).is_dir()


@pytest.mark.parametrize("path", ["/tmp/x", "../x", "a/../../x"])
def test_hostile_archive_is_refused(tmp_path, path):
    with pytest.raises(UserError, match="may not be absolute"):
        CompileCache(tmp_path).get(NAME, lambda: archive((path, b"x")))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_links_are_not_unpacked(tmp_path):
    hostile = archive(("program", b"x"), links=(("secret", "/etc/passwd"),))
    place = CompileCache(tmp_path).get(NAME, lambda: hostile)
    assert [path.name for path in place.iterdir()] == ["program"]


def test_threads_build_once(tmp_path):
    cache, built, together = CompileCache(tmp_path), [], threading.Barrier(4)

    def get():
        together.wait()
        cache.get(NAME, lambda: built.append(1) or archive(("a", b"x")))

    threads = [threading.Thread(target=get) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert built == [1]


def test_oldest_make_room(tmp_path):
    cache = CompileCache(tmp_path, most_bytes=250)
    names = [f"{number:02}{NAME}" for number in range(4)]
    for age, name in enumerate(names):
        place = cache.get(name, lambda: archive(("a", bytes(100))))
        os.utime(place, (age, age))
    assert [(tmp_path / name[:2] / name).is_dir() for name in names] == [
        *(False, False, True, True)
    ]


def test_key_depends_on_all_that_decides():
    files = {"a": b"1"}
    keys = {
        compile_cache.key("x", files),
        compile_cache.key("y", files),
        compile_cache.key("x", {"a": b"2"}),
        compile_cache.key("x", {"b": b"1"}),
        compile_cache.key("x", {}),
    }
    assert len(keys) == 5
    assert compile_cache.key(["x", ("y",)], files) in {
        compile_cache.key(["x", ["y"]], dict(files))
    }


def test_program_is_compiled_once(sandbox, speaks, tmp_path):
    speaks("cpp")
    only = next(tier for tier in tiers.Tier if tier.title == sandbox.title)
    one = program("cpp", ECHO["cpp"] + "// mine alone\n")
    with tiers.open_sandbox(only=only, cache=tmp_path) as fresh:
        jobs = ((number, str(number).encode()) for number in range(8))
        done = list(pool.finished(fresh, jobs, lambda s: fresh.run(one, s), 4))
        assert sorted(x.result.stdout for x in done if x.result) == [
            f"hello\n{number}".encode() for number in range(8)
        ]
        assert len(list(tmp_path.glob("??/*"))) == 1
        # Whatever else it is given: another compilation could not end in time.
        hasty = dataclasses.replace(COMPILING, wall_seconds=0.001)
        assert fresh.run(one, b"", RUNNING, hasty).succeeded


def test_endless_compilation_ends(sandbox, speaks):
    speaks("cpp")
    text = "#include __FILE__\n#include __FILE__\nint main() {}"
    hasty = dataclasses.replace(COMPILING, wall_seconds=2)
    outcome = sandbox.run(program("cpp", text), compiling=hasty)
    assert (outcome.phase, outcome.limit) == ("compile", "wall")
    assert not outcome.succeeded
