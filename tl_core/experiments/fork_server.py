"""The fork server's own side: ``python -m tl_core.experiments.fork_server --workspace DIR``.

Imports what a training needs, then forks one copy of itself for each line on its input. What does not
survive a fork it does not have: no thread of Python's, no parallel work begun, no open database and no CUDA
context. The idle threads that libraries start while they are imported are missing from the copies, which
train on the CPU without them; that a copy can use CUDA has not been measured. `tl_core.jobs.fork_server` has
the messages.
"""

import argparse
import importlib
import json
import os
import select
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

WARM = tuple(f"tl_core.experiments.{name}" for name in ("carry_out", "neural"))
"""Imported for what they import; `carry_out` itself imports the other only when an arm needs it."""

_POLL_S = 0.05
_MAX_REQUEST_BYTES = 65536  # a pipe takes a line of this length whole


def main() -> None:
    """Fork for every request until the input closes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path, required=True)
    workspace = parser.parse_args().workspace
    messages = _reserve_messages()
    for module in WARM:
        importlib.import_module(module)
    _say(messages, {"is_ready": True})
    is_open = True
    while is_open:
        readable, _, _ = select.select([0], [], [], _POLL_S)
        if readable:
            # One request is answered before the next is sent, so a read holds one line, or the end.
            line = os.read(0, _MAX_REQUEST_BYTES)
            is_open = bool(line)
            if line:
                _fork(messages, workspace, json.loads(line))
        _report_ended(messages)


def _reserve_messages() -> int:
    """Return a descriptor for messages alone, and send to stderr whatever a library prints from here on."""
    messages = os.dup(1)
    os.dup2(2, 1)
    return messages


def _fork(messages: int, workspace: Path, request: dict[str, Any]) -> None:
    """Fork, and let the copy begin once its pid was told, so that none works that nobody knows of."""
    is_told, told = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(messages)
        os.close(told)
        if not os.read(is_told, 1):  # the fork server died before it could tell
            os._exit(1)
        os.close(is_told)
        _become_job(workspace, request)
    _say(messages, {"forked": pid})
    os.write(told, b".")
    os.close(told)
    os.close(is_told)


def _become_job(workspace: Path, request: dict[str, Any]) -> NoReturn:
    """Take a session, a folder and a log of its own, carry out the job, and end without going back."""
    code = 1
    try:
        from tl_core.experiments import carry_out  # there already, see `WARM`

        os.setsid()
        os.chdir(request["folder"])
        with open(os.devnull, "rb") as nothing, open(request["log"], "ab") as log:
            os.dup2(nothing.fileno(), 0)
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        code = carry_out.main(["--workspace", str(workspace), "--job-id", str(request["job_id"])])
    except BaseException:  # whatever it was, this copy must not go on as a fork server
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _report_ended(messages: int) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        _say(messages, {"ended": pid, "code": os.waitstatus_to_exitcode(status)})


def _say(messages: int, message: dict[str, Any]) -> None:
    os.write(messages, json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    main()
