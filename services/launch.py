"""Becomes another program that does not outlive the one that asked for it: `launch.py PARENT SIGNAL USER PROGRAM ARG…`.

Run as a script by `child.start`, never imported by it: between fork and exec only a process of its own can safely run
Python. It keeps its process id, so the caller sees the program itself.

- When process PARENT ends, also by kill -9, the kernel sends SIGNAL (Linux; elsewhere the program goes on, and the
  next start finds it).
- USER is a number that root gives itself up for, or `-`. PostgreSQL refuses to run as root. The new user could not walk
  through a 0700 folder such as /root, and opening such folders to everybody is worse, so it keeps one capability of
  root's: to pass by file permissions.
"""

from __future__ import annotations

import ctypes
import os
import sys

PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2  # linux/prctl.h
CAP_DAC_OVERRIDE, CAPABILITY_VERSION_3 = 1, 0x20080522  # linux/capability.h


def give_up_root(libc: ctypes.CDLL | None, user: int) -> None:
    if libc is not None:
        libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
    if libc is not None:
        kept = 1 << CAP_DAC_OVERRIDE
        header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
        low_and_high = (ctypes.c_uint32 * 6)(kept, kept, kept, 0, 0, 0)  # effective, permitted, inheritable
        libc.capset(header, low_and_high)
        libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


def main(parent: str, signal: str, user: str, *command: str) -> None:
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    if user != "-":
        give_up_root(libc, int(user))
    if libc is not None:
        libc.prctl(PR_SET_PDEATHSIG, int(signal), 0, 0, 0)  # after setuid, which would clear it
        if os.getppid() != int(parent):  # it ended before we asked
            sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 - that is the purpose


if __name__ == "__main__":
    main(*sys.argv[1:])
