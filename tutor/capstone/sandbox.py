"""Run the learner's file in a bounded process of its own.

It keeps endless loops, memory bombs and floods of output from the tutor, and daemons where the system has
namespaces. It is no prison: the file runs with the rights of whoever started the tutor, as if they had run it
themselves.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import IO, Any

SECONDS = 20.0
"""Wall-clock time for one job."""

MEMORY = 1 << 30
MAX_OUTPUT = 64 * 1024
MAX_RESULT = 4 << 20
_PR_SET_PDEATHSIG = 1

Job = Sequence[Mapping[str, Any]]
Answer = Mapping[str, Any]
"""What came of one call. Where it raised, "error" holds "type", "message" and "line", which may be None."""


class Ending(StrEnum):
    """How a job ended."""

    DONE = "done"
    TIME = "time"
    """It took longer than it may."""
    DIED = "died"
    """The process ended without an answer: memory, a signal, or an exit of its own."""
    NONSENSE = "nonsense"
    """What it wrote is no answer."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back from a job: an answer for each call, and the last lines that the code printed."""

    ending: Ending
    answers: tuple[Answer, ...] = ()
    printed: str = ""


def run(file: Path, calls: Job, *, seconds: float | None = None) -> Outcome:
    """Run the calls of a job on the learner's file; never raises for anything that the file does."""
    seconds = SECONDS if seconds is None else seconds
    with (
        tempfile.TemporaryDirectory(prefix="tutor-code-", ignore_cleanup_errors=True) as name,
        tempfile.TemporaryFile() as output,
    ):
        folder = Path(name)
        job, result = folder / "job.json", folder / "result.json"
        job.write_text(json.dumps({"file": str(file.resolve()), "calls": list(calls)}), encoding="utf-8")
        runner = str(files("tutor.capstone") / "runner.py")
        process = subprocess.Popen(
            [*_enclosure(), sys.executable, "-I", runner, str(job), str(result)],
            cwd=folder,
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_limits(seconds),
        )
        ended = _wait(process, seconds)
        printed = _printed(output)
        if not ended:
            return Outcome(Ending.TIME, printed=printed)
        return _read(result, len(calls), printed)


@cache
def _enclosure() -> tuple[str, ...]:
    """Return the command that puts a process into namespaces of its own; empty where the system has none.

    What the process starts ends with it, even a daemon that left its process group, and no network is there.
    """
    unshare = shutil.which("unshare")
    if unshare is None:
        return ()
    command = (unshare, "--user", "--map-root-user", "--net", "--pid", "--fork", "--kill-child")
    try:
        # Some distributions and most containers forbid it.
        tried = subprocess.run(
            [*command, sys.executable, "-I", "-c", ""],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return command if tried.returncode == 0 else ()


def _environment(folder: Path) -> dict[str, str]:
    kept = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
    environ = {name: os.environ[name] for name in kept if name in os.environ}
    return environ | {"HOME": str(folder), "OPENBLAS_NUM_THREADS": "1", "PYTHONUTF8": "1"}


def _limits(seconds: float) -> Callable[[], None] | None:
    """Return what bounds the process before it starts; None where the system knows no such bounds."""
    try:
        import resource
    except ImportError:  # Windows: the wall clock alone
        return None
    tie = _tie_to_parent()
    bounds = {
        resource.RLIMIT_CPU: int(seconds) + 1,
        resource.RLIMIT_AS: MEMORY,
        resource.RLIMIT_FSIZE: MAX_RESULT,
        resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_CORE: 0,
    }

    def limit() -> None:
        tie()
        for kind, most in bounds.items():
            with_hard = resource.getrlimit(kind)[1]
            allowed = most if with_hard == resource.RLIM_INFINITY else min(most, with_hard)
            resource.setrlimit(kind, (allowed, with_hard))

    return limit


def _tie_to_parent() -> Callable[[], object]:
    """Return what a process calls to end with the one that started it, even where that one is killed.

    Only Linux knows it. The library is loaded here, because little is safe between fork and exec.
    """
    if sys.platform != "linux":
        return lambda: None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _wait(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait for the process, then end it and all that it started; say whether it ended by itself."""
    try:
        process.wait(seconds)
        return True
    except subprocess.TimeoutExpired:
        return False
    finally:  # also where the learner stops the wait with Ctrl+C, which does not reach the other session
        with suppress(ProcessLookupError, PermissionError):  # nothing of it is left
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        process.wait()


_CONTROL = re.compile(r"[^\t\n\x20-\x7e\xa0-\U0010ffff]|[\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def _printable(text: str) -> str:
    """Return a text without what could steer the terminal."""
    return _CONTROL.sub("", text)


def _printed(output: IO[bytes], lines: int = 12) -> str:
    output.seek(0)
    text = output.read(MAX_OUTPUT).decode("utf-8", "replace")
    return "\n".join(_printable(text).rstrip().splitlines()[-lines:])


def _read(result: Path, count: int, printed: str) -> Outcome:
    try:
        if not result.is_file():  # a pipe would keep the reader waiting for ever
            return Outcome(Ending.DIED, printed=printed)
        if result.stat().st_size > MAX_RESULT:
            return Outcome(Ending.NONSENSE, printed=printed)
        found = json.loads(result.read_text(encoding="utf-8"))
    except OSError:
        return Outcome(Ending.DIED, printed=printed)
    except (ValueError, RecursionError):
        return Outcome(Ending.NONSENSE, printed=printed)
    if not isinstance(found, list) or not all(map(_is_answer, found)):
        return Outcome(Ending.NONSENSE, printed=printed)
    answers = tuple(map(_answer, found))
    failed_to_load = len(answers) == 1 and "error" in answers[0]
    if len(answers) != count and not failed_to_load:
        return Outcome(Ending.NONSENSE, printed=printed)
    return Outcome(Ending.DONE, answers, printed)


def _is_answer(found: object) -> bool:
    return isinstance(found, dict) and isinstance(found.get("error", {}), dict)


def _answer(found: Answer) -> Answer:
    """Return an answer; of an error the type, message and line, none of which can steer the terminal."""
    if "error" not in found:
        return found
    error = found["error"]
    kind, message = (_printable(str(error.get(part, ""))) for part in ("type", "message"))
    line = error.get("line")
    return {"error": {"type": kind, "message": message, "line": line if isinstance(line, int) else None}}
