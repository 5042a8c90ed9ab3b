"""Shut a worker in: after this it can compute, read its input and write its answer, and nothing else.

Three layers, each enough for most escapes: Landlock (no path of the file system, no TCP), a seccomp
allow-list (every system call that is not needed for computing fails with EPERM, nothing is logged), and
resource limits. What the kernel lacks is left out and said: `jail_status` tries everything in a child.

Sources: landlock(7), seccomp(2), prctl(2), setrlimit(2). No allow-rule takes a path or an address.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import resource
import signal
import struct
import subprocess  # nosec B404
import sys
from collections.abc import Callable, Sequence
from typing import Any

_PR_SET_DUMPABLE, _PR_SET_NAME, _PR_SET_NO_NEW_PRIVS, _PR_SET_VMA = 4, 15, 38, 0x53564D41
_LANDLOCK_CREATE_RULESET, _LANDLOCK_RESTRICT_SELF = 444, 446  # the same numbers on every architecture
_LANDLOCK_CREATE_RULESET_VERSION = 1
_CLONE_THREAD_FLAGS = 0x00010000 | 0x00000100 | 0x00000800  # THREAD, VM, SIGHAND
_PROT_EXEC = 4

ALLOWED = (
    # what is already open
    *("read", "readv", "write", "writev", "close", "lseek", "poll", "ppoll", "select", "pselect6"),
    # memory (executable mappings are refused below)
    *("munmap", "mremap", "madvise", "brk", "mincore", "membarrier"),
    # threads of this process, time, signals to itself
    *(
        "futex",
        "futex_waitv",
        "set_robust_list",
        "get_robust_list",
        "rseq",
        "sched_yield",
        "sched_getaffinity",
    ),
    *("sched_getparam", "sched_getscheduler", "sched_get_priority_max", "sched_get_priority_min", "getcpu"),
    *("clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time", "times"),
    *("setitimer", "getitimer", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack"),
    *("restart_syscall", "exit", "exit_group"),
    # questions about itself
    *("getpid", "gettid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getrusage", "getrandom"),
    *("sysinfo", "uname"),
)
"""System calls that pass whatever their arguments."""


def close_jail(memory_bytes: int, keep: Sequence[int] = (0, 1, 2)) -> dict[str, int | bool]:
    """Shut this process in, for good: every thread, every later thread.

    `memory_bytes` limits the address space; file descriptors outside `keep` are closed. Returns which
    layers hold: `landlock` (ABI version, 0: none), `seccomp`, `no_new_privs`, and `jailed`: seccomp holds.
    """
    os.environ.clear()
    rules = _allow_list()
    _close_others(keep)
    libc = _libc()
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    privileges = libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    landlock = _close_landlock(libc)
    limit_memory(memory_bytes)
    for limit, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, max(keep) + 1),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
    ):
        resource.setrlimit(limit, (value, value))
    seccomp = _load(rules)
    return {"jailed": seccomp, "landlock": landlock, "seccomp": seccomp, "no_new_privs": privileges}


def limit_memory(memory_bytes: int) -> None:
    """Limit this process's address space; an allocation beyond it fails (MemoryError, or an abort in C)."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    value = memory_bytes if hard == resource.RLIM_INFINITY else min(memory_bytes, hard)
    resource.setrlimit(resource.RLIMIT_AS, (value, value))


def landlock_abi() -> int:
    """The kernel's Landlock ABI version; 0 where it has none or it is switched off."""
    abi: int = _libc().syscall(_LANDLOCK_CREATE_RULESET, None, 0, _LANDLOCK_CREATE_RULESET_VERSION)
    return max(abi, 0)


def jail_status() -> dict[str, Any]:
    """What the jail holds on this machine, by trying in a child: for `safelight doctor`.

    `landlock`, `seccomp`, `no_new_privs`, `jailed` as from `close_jail`; `holds`: every escape that was
    tried failed; `refused` lists those that did, `open` (only where there are any) those that did not, and
    `error` says why nothing could be tried.
    """
    child = subprocess.run(  # nosec B603
        [sys.executable, "-P", "-m", "safelight.engine.jail"],
        capture_output=True,
        check=False,
        timeout=30,
        env={"PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)},
    )
    try:
        status: dict[str, Any] = json.loads(child.stdout)
    except ValueError:
        tail = child.stderr.decode(errors="replace")[-500:]
        return {
            "jailed": False,
            "holds": False,
            "refused": [],
            "error": tail or f"exit code {child.returncode}",
        }
    return status


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _close_others(keep: Sequence[int]) -> None:
    low = 0
    for descriptor in sorted(keep):
        if low < descriptor:  # an empty range would close everything
            os.closerange(low, descriptor)
        low = descriptor + 1
    os.closerange(low, os.sysconf("SC_OPEN_MAX"))


def _close_landlock(libc: ctypes.CDLL) -> int:
    """Refuse every path, TCP port, abstract socket and signal the kernel's Landlock knows. Returns its ABI."""
    abi = landlock_abi()
    if abi == 0:
        return 0
    files = (1 << (13 if abi == 1 else 14 if abi == 2 else 15 if abi < 5 else 16)) - 1
    network = 0b11 if abi >= 4 else 0
    scoped = 0b11 if abi >= 6 else 0
    attributes = struct.pack("=QQQ", files, network, scoped)[: 8 if abi < 4 else 16 if abi < 6 else 24]
    ruleset = libc.syscall(_LANDLOCK_CREATE_RULESET, attributes, len(attributes), 0)
    if ruleset < 0:
        return 0
    try:
        held = libc.syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0) == 0
    finally:
        os.close(ruleset)
    return abi if held else 0


def _allow_list() -> Any:
    """The seccomp filter, not yet loaded; None where libseccomp is missing."""
    try:
        import pyseccomp
    except (ImportError, RuntimeError):
        return None
    from pyseccomp import EQ, ERRNO, MASKED_EQ, Arg, Attr

    rules = pyseccomp.SyscallFilter(ERRNO(errno.EPERM))
    rules.set_attr(Attr.CTL_TSYNC, 1)  # every thread that exists already
    for name in ALLOWED:
        _allow(rules, name)
    _allow(rules, "tgkill", Arg(0, EQ, os.getpid()))  # abort() and threads; no other process
    _allow(rules, "mmap", Arg(2, MASKED_EQ, _PROT_EXEC, 0))
    _allow(rules, "mprotect", Arg(2, MASKED_EQ, _PROT_EXEC, 0))
    _allow(rules, "clone", Arg(0, MASKED_EQ, _CLONE_THREAD_FLAGS, _CLONE_THREAD_FLAGS))
    _allow(rules, "prctl", Arg(0, EQ, _PR_SET_NAME))
    _allow(rules, "prctl", Arg(0, EQ, _PR_SET_VMA))
    _allow(rules, "prlimit64", Arg(0, EQ, 0), Arg(2, EQ, 0))  # to ask, not to set
    rules.add_rule(ERRNO(errno.ENOSYS), "clone3")  # its flags cannot be seen; glibc falls back to clone
    return rules


def _load(rules: Any) -> bool:
    """Close the filter over every thread. False where there is none or the kernel refuses it."""
    if rules is None:
        return False
    try:
        rules.load()
    except OSError:
        return False
    return True


def _allow(rules: Any, name: str, *conditions: Any) -> None:
    """Add one rule; a call that this architecture or libseccomp does not know needs none."""
    from pyseccomp import ALLOW, resolve_syscall, system_arch

    try:
        known = resolve_syscall(system_arch(), name) >= 0
    except ValueError:
        known = False
    if known:
        rules.add_rule(ALLOW, name, *conditions)


def _try_escapes() -> dict[str, Any]:
    """Run in the child: close the jail, try what it should refuse, say what happened."""
    import socket

    def fork() -> None:
        if os.fork() == 0:
            os._exit(0)

    attempts: dict[str, Callable[[], object]] = {
        "read a file": lambda: os.open("/etc/passwd", os.O_RDONLY),
        "write a file": lambda: os.open(f"/tmp/{os.getpid()}", os.O_CREAT | os.O_WRONLY),  # nosec B108
        "list a folder": lambda: list(os.scandir("/")),
        "open a socket": lambda: socket.socket(socket.AF_INET),
        "start a process": fork,
        "run a program": lambda: os.execv("/bin/true", ["true"]),  # nosec B606
        "signal another process": lambda: os.kill(os.getppid(), 0),
    }
    status: dict[str, Any] = {**close_jail(1 << 30), "refused": []}
    still_open = []
    for name, attempt in attempts.items():
        try:
            attempt()
        except OSError:
            status["refused"].append(name)
        else:
            still_open.append(name)
    status["holds"] = not still_open
    if still_open:
        status["open"] = still_open
    return status


if __name__ == "__main__":
    signal.alarm(20)
    print(json.dumps(_try_escapes()))
