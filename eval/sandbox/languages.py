"""The six languages, as data."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Language:
    """Words in braces in the commands stand for an executable of the toolchain, by its
    name; `{entry}` for the entry's path, `{sources}` for all files with the suffix,
    `{out}` for the folder of compiled files, `{class}` for the entry's class with its
    package, `{heap}` for three quarters of the memory, in MB.

    Attributes:
      title: for people.
      suffix: of its files.
      entry: what a file with the main function is called if nobody says otherwise.
      executables: names that must be found.
      compile: the command that writes to `{out}`; None where nothing is compiled.
      run: the command that starts the program.
      version: the command that tells the version, on its first line.
      environment: variables of both commands.
      reserve_bytes: addresses that the runtime takes beyond the memory that it uses.
      memory_complaints: what the runtime says when memory ends.
      package: of Debian and Ubuntu.
    """

    title: str
    suffix: str
    entry: str
    executables: tuple[str, ...]
    compile: tuple[str, ...] | None
    run: tuple[str, ...]
    version: tuple[str, ...]
    environment: dict[str, str]
    reserve_bytes: int
    memory_complaints: tuple[bytes, ...]
    package: str


_GIB = 2**30

LANGUAGES = {
    "python": Language(
        title="Python",
        suffix=".py",
        entry="main.py",
        executables=("python3",),
        compile=None,
        run=("{python3}", "-s", "-B", "{entry}"),
        version=("{python3}", "--version"),
        environment={"PYTHONHASHSEED": "0"},
        reserve_bytes=0,
        memory_complaints=(b"MemoryError",),
        package="python3",
    ),
    "javascript": Language(
        title="JavaScript",
        suffix=".js",
        entry="main.js",
        executables=("node",),
        compile=None,
        run=("{node}", "--max-old-space-size={heap}", "{entry}"),
        version=("{node}", "--version"),
        environment={},
        reserve_bytes=2 * _GIB,
        memory_complaints=(b"JavaScript heap out of memory", b"out of memory"),
        package="nodejs",
    ),
    "go": Language(
        title="Go",
        suffix=".go",
        entry="main.go",
        executables=("go",),
        compile=("{go}", "build", "-o", "{out}/program", "{sources}"),
        run=("{out}/program",),
        version=("{go}", "version"),
        environment={
            "GO111MODULE": "off",
            "GOPATH": "{box}/.go",
            "GOCACHE": "{box}/.cache",
            "GOFLAGS": "-buildvcs=false",
            "GOPROXY": "off",
        },
        reserve_bytes=_GIB,
        memory_complaints=(b"out of memory", b"cannot allocate memory"),
        package="golang-go",
    ),
    "rust": Language(
        title="Rust",
        suffix=".rs",
        entry="main.rs",
        executables=("rustc",),
        compile=("{rustc}", "--edition=2021", "-O", "-o", "{out}/program", "{entry}"),
        run=("{out}/program",),
        version=("{rustc}", "--version"),
        environment={},
        reserve_bytes=0,
        memory_complaints=(b"memory allocation of",),
        package="rustc",
    ),
    "java": Language(
        title="Java",
        suffix=".java",
        entry="Main.java",
        executables=("javac", "java"),
        compile=(
            *("{javac}", "-J-XX:+UseSerialGC", "-J-XX:-UsePerfData"),
            *("-J-XX:TieredStopAtLevel=1", "-encoding", "UTF-8", "-proc:none"),
            *("-d", "{out}", "{sources}"),
        ),
        run=(
            *("{java}", "-Xmx{heap}m", "-XX:+UseSerialGC", "-XX:-UsePerfData"),
            *("-XX:CompressedClassSpaceSize=64m", "-XX:ReservedCodeCacheSize=64m"),
            *("-cp", "{out}", "{class}"),
        ),
        version=("{javac}", "-version"),
        environment={},
        reserve_bytes=_GIB,
        memory_complaints=(b"java.lang.OutOfMemoryError",),
        package="default-jdk-headless",
    ),
    "cpp": Language(
        title="C++",
        suffix=".cpp",
        entry="main.cpp",
        executables=("g++",),
        compile=("{g++}", "-std=c++17", "-O2", "-o", "{out}/program", "{sources}"),
        run=("{out}/program",),
        version=("{g++}", "--version"),
        environment={},
        reserve_bytes=0,
        memory_complaints=(b"std::bad_alloc",),
        package="g++",
    ),
}
