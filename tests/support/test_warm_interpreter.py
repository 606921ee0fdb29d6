"""Processes that are forked by an interpreter which has imported everything."""

import os
import subprocess
import sys

from tests.support.warm_interpreter import WarmProcess


def test_who_has_just_ended_hears_no_signal_and_nobody_fails_by_that() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    told, tells = os.pipe()
    process = WarmProcess(gone.pid, told)

    process.kill()

    os.write(tells, b"-9")
    os.close(tells)
    assert process.wait() == -9
