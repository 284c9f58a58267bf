"""Runs MiniStack for as long as standard input stays open.

The process that starts this holds the other end of the pipe. When that process ends for any reason, the
pipe closes, and this kills the whole process group: MiniStack, its Lambda processes, and the simulator,
which joins the group.
"""

import os
import signal
import sys
import threading


def end_with_the_owner() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=end_with_the_owner, daemon=True).start()
    from ministack.app import main

    sys.argv = ["ministack"]
    main()
