"""Becomes a command whose life hangs on its wrapper. Run as a script: PARENT COMMAND [ARG ...].

A script, not a preexec_fn: code between fork and exec in a process with threads may deadlock.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask the kernel for death with the parent, then exec. Ends as a shell does: 126 or 127."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            # The wrapper died before the kernel was asked, and will never stop this command.
            sys.exit(1)
    # Python ignores these two, and what is ignored stays so across exec.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    try:
        os.execvp(command[0], command)
    except FileNotFoundError:
        sys.stderr.write(f"andon: command not found: {command[0]}\n")
        sys.exit(127)
    except OSError as trouble:
        sys.stderr.write(f"andon: cannot run {command[0]}: {trouble.strerror}\n")
        sys.exit(126)


main()
