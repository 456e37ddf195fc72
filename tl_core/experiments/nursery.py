"""The nursery's own side: ``python -m tl_core.experiments.nursery --workspace DIR``.

Imports what a training needs, then forks one copy of itself for each line on its input. It stays without
threads, without an open database and without a CUDA context, none of which survives a fork.
`tl_core.jobs.nursery` has the messages.
"""

import argparse
import json
import os
import select
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

from tl_core.experiments import carry_out, classical, neural

WARM = (classical, neural)
"""Imported for what they import; `carry_out` itself imports them only when an arm needs them."""

_POLL_S = 0.05
_MAX_REQUEST_BYTES = 65536  # a pipe takes a line of this length whole


def main() -> None:
    """Fork for every request until the input closes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path, required=True)
    workspace = parser.parse_args().workspace
    _say({"is_ready": True})
    is_open = True
    while is_open:
        readable, _, _ = select.select([0], [], [], _POLL_S)
        if readable:
            # One request is answered before the next is sent, so a read holds one line, or the end.
            line = os.read(0, _MAX_REQUEST_BYTES)
            is_open = bool(line)
            if line:
                _say({"forked": _fork(workspace, json.loads(line))})
        _report_ended()


def _fork(workspace: Path, request: dict[str, Any]) -> int:
    pid = os.fork()
    if pid == 0:
        _become_job(workspace, request)
    return pid


def _become_job(workspace: Path, request: dict[str, Any]) -> NoReturn:
    """Take a session, a folder and a log of its own, carry out the job, and end without going back."""
    code = 1
    try:
        os.setsid()
        os.chdir(request["folder"])
        with open(os.devnull, "rb") as nothing, open(request["log"], "ab") as log:
            os.dup2(nothing.fileno(), 0)
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        code = carry_out.main(["--workspace", str(workspace), "--job-id", str(request["job_id"])])
    except BaseException:  # whatever it was, this copy must not go on as a nursery
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _report_ended() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        _say({"ended": pid, "code": os.waitstatus_to_exitcode(status)})


def _say(message: dict[str, Any]) -> None:
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    main()
