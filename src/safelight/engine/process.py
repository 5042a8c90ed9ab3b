"""One worker process as its parent sees it: start, hand over a batch, wait with a deadline, kill.

Nothing the worker sends is believed: frames have a size limit, answers are data in a strict encoding
(`wire.py`), typed results are made by the task's own `decode`, and text is cut and cleaned.
"""

from __future__ import annotations

import fcntl
import os
import pickle  # nosec B403  # why: only written here; what a worker sends is never unpickled
import select
import signal
import subprocess  # nosec B404
import sys
import time
from collections import deque
from typing import Any

from safelight.engine import wire
from safelight.engine.protocol import Task
from safelight.engine.worker import BEAT, BEAT_INTERVAL, ERROR, HEADER, READY, RESULTS
from safelight.errors import FormatError

START_SECONDS = 180.0
"""Time for imports and models; a cold disk is slow."""
ANSWER_BYTES = 4 << 20
"""The largest answer to a batch, for each of its items."""
_PIPE_BYTES = 1 << 20
_WORDS_BYTES = 4096

_PASSED = ("HOME", "PATH", "LANG", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
_PASSED_PREFIXES = ("SAFELIGHT_", "XDG_")
_SET = {
    "TZ": "UTC",  # evidence has its own times, never the examiner's
    "PYTHONUTF8": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OMP_NUM_THREADS": "1",  # the pool is the parallelism
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",  # an arena takes 64 MiB of the address space
}


class TaskFailed(Exception):
    """A batch gave no results; the text says why. `fatal`: the worker is gone or not to be used again."""

    def __init__(self, reason: str, fatal: bool) -> None:
        super().__init__(reason)
        self.fatal = fatal


class _Chunks(list[bytes]):
    """What a pickle is written to: large payloads stay the objects they are, without a copy."""

    def write(self, chunk: Any) -> int:
        data = chunk if isinstance(chunk, bytes) else bytes(chunk)
        self.append(data)
        return len(data)


def pickled(value: Any) -> list[bytes]:
    """A message to a worker, in pieces."""
    chunks = _Chunks()
    pickle.Pickler(chunks, protocol=5).dump(value)
    return list(chunks)


class WorkerProcess:
    """A child that runs `safelight.engine.worker`. Used by one thread; `kill` may come from any."""

    def __init__(self, program: list[bytes]) -> None:
        self.program = program
        environment = {
            name: value
            for name, value in os.environ.items()
            if name in _PASSED or name.startswith(_PASSED_PREFIXES)
        }
        path = os.pathsep.join(os.path.abspath(entry) for entry in sys.path if entry)  # noqa: PTH100
        self._process = subprocess.Popen(  # nosec B603
            [sys.executable, "-P", "-m", "safelight.engine.worker", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
            env={**environment, **_SET, "PYTHONPATH": path},
            bufsize=0,
            start_new_session=True,
        )
        assert self._process.stdin and self._process.stdout and self._process.stderr  # nosec B101
        self._in = self._process.stdin.fileno()
        self._out = self._process.stdout.fileno()
        self._err = self._process.stderr.fileno()
        for descriptor in (self._in, self._out, self._err):
            os.set_blocking(descriptor, False)
        for descriptor in (self._in, self._out):
            _widen(descriptor)
        self._received = bytearray()
        self._words = deque[bytes](maxlen=16)

    def start(self) -> dict[str, Any]:
        """Hand over the task and wait until it is prepared; returns the state of the jail."""
        state = self._exchange(self.program, START_SECONDS, START_SECONDS, READY, 1)
        return state if isinstance(state, dict) else {}

    def call(self, message: list[bytes], task: Task[Any, Any], items: int) -> list[Any]:
        """The typed results of one batch of `items`. Raises TaskFailed."""
        each = task.limits.seconds_per_item
        raw = self._exchange(message, each, each * items, RESULTS, items)
        if not isinstance(raw, list) or len(raw) != items:
            self.kill()
            raise TaskFailed("gave an answer that is not valid", fatal=True)
        try:
            return [task.decode(value) for value in raw]
        except Exception as error:  # why: a lying worker may make decode fail in any way
            self.kill()
            raise TaskFailed(f"gave an answer that is not valid: {clean(error)}", fatal=True) from error

    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End it now."""
        self._process.kill()

    def close(self) -> None:
        """End it, wait for it, close the pipes."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()

    def last_words(self) -> str:
        """The end of what it wrote to standard error."""
        self._listen()
        return b"".join(self._words)[-_WORDS_BYTES:].decode("utf-8", "replace").strip()

    def _exchange(
        self, message: list[bytes], patience: float, whole: float, expected: int, items: int
    ) -> Any:
        """Send, then wait for the answer. `patience` runs anew with each beat, `whole` bounds everything."""
        begun = time.monotonic()
        end = begun + whole
        limit = ANSWER_BYTES * items
        unsent = deque(memoryview(chunk) for chunk in message if chunk)
        poll = select.poll()
        poll.register(self._out, select.POLLIN)
        poll.register(self._err, select.POLLIN)
        if unsent:
            poll.register(self._in, select.POLLOUT)
        while True:
            now = time.monotonic()
            if now >= end:
                self.kill()
                raise TaskFailed(f"took longer than {round(end - begun, 1):g} s", fatal=True)
            for descriptor, _ in poll.poll(1000 * (end - now) + 1):
                if descriptor == self._err:
                    if not self._listen():
                        poll.unregister(self._err)
                elif descriptor == self._in:
                    if not self._send(unsent):
                        poll.unregister(self._in)
                elif not self._receive():
                    raise TaskFailed(self._death(), fatal=True)
            for kind, body in self._frames(limit):
                if kind == BEAT:
                    end = min(begun + whole, time.monotonic() + patience + BEAT_INTERVAL)
                    continue
                return self._answer(kind, body, expected, items)

    def _answer(self, kind: int, body: bytes, expected: int, items: int) -> Any:
        try:
            value = wire.decode(body, items)
        except FormatError as error:
            self.kill()
            raise TaskFailed(f"gave an answer that is not valid: {clean(error)}", fatal=True) from None
        if kind == expected:
            return value
        name, text = (
            (value.get("type"), value.get("text")) if kind == ERROR and isinstance(value, dict) else ("?", "")
        )
        if name == "MemoryError":
            raise TaskFailed("needed more memory than a worker may have", fatal=True)
        raise TaskFailed(clean(f"{name}: {text}" if text else name), fatal=expected == READY)

    def _send(self, unsent: deque[memoryview]) -> bool:
        """Write what the pipe takes; False when nothing is left to send."""
        try:
            written = os.writev(self._in, [unsent[index] for index in range(min(len(unsent), 64))])
        except BlockingIOError:
            return True
        except BrokenPipeError:
            return False  # its death is noticed on the other pipe
        while written:
            first = unsent.popleft()
            if written < len(first):
                unsent.appendleft(first[written:])
            written = max(0, written - len(first))
        return bool(unsent)

    def _receive(self) -> bool:
        """Read what is there; False at the end of the stream."""
        try:
            data = os.read(self._out, _PIPE_BYTES)
        except BlockingIOError:
            return True
        self._received += data
        return bool(data)

    def _frames(self, limit: int) -> list[tuple[int, bytes]]:
        """Whole frames received so far, up to the first that is not a beat. TaskFailed when one is too large."""
        frames = []
        while len(self._received) >= HEADER.size:
            kind, length = HEADER.unpack_from(self._received)
            if length > limit:
                self.kill()
                raise TaskFailed("gave an answer that is too large", fatal=True)
            if len(self._received) < HEADER.size + length:
                break
            frames.append((kind, bytes(self._received[HEADER.size : HEADER.size + length])))
            del self._received[: HEADER.size + length]
            if kind != BEAT:
                break
        return frames

    def _listen(self) -> bool:
        """Keep the end of standard error; False at its end."""
        try:
            data = os.read(self._err, _WORDS_BYTES)
        except (BlockingIOError, ValueError):
            return True
        if data:
            self._words.append(data)
        return bool(data)

    def _death(self) -> str:
        """How it ended, for people. It has closed its output, so it is gone or as good as gone."""
        try:
            code = self._process.wait(5)
        except subprocess.TimeoutExpired:
            self.kill()
            return "closed its output"
        if code >= 0:
            return f"ended by itself with exit code {code}"
        name = signal.Signals(-code).name if -code in signal.valid_signals() else f"signal {-code}"
        why = {
            "SIGKILL": "killed, perhaps because memory ran out",
            "SIGABRT": "aborted, perhaps for want of memory",
        }
        return f"{why.get(name, 'crashed')} ({name})"


def clean(text: object) -> str:
    """Words of a worker as one short line without control characters."""
    line = "".join(character if character.isprintable() else " " for character in str(text)[:1000])
    return " ".join(line.split())[:300] or "no reason given"


def _widen(descriptor: int) -> None:
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    except OSError:
        return  # a busy system allows less; it is only slower
