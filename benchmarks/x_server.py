"""An X server of a benchmark's own, so that the real window is painted on a machine without a screen."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from mirror.domain import MirrorError

START_S = 20.0
STOP_S = 10.0
OFFSCREEN = "offscreen"


class XServer:
    """Xvfb with one screen, as a context; where it is not installed, Qt's offscreen platform stands in.

    ``kind`` says which: "xvfb" or "offscreen".
    """

    def __init__(self, width: int = 1080, height: int = 1920, *, prefix: Sequence[str] = ()) -> None:
        """``prefix``: words before the command, as ``taskset -c 0``."""
        self.display: str | None = None
        self._size = f"{width}x{height}x24"
        self._prefix = list(prefix)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def kind(self) -> str:
        return OFFSCREEN if self.display is None else "xvfb"

    def __enter__(self) -> XServer:
        if shutil.which("Xvfb") is None:
            return self
        read, write = os.pipe()
        self._process = subprocess.Popen(
            # without -noreset it starts over when its last client leaves, and refuses whoever comes meanwhile
            [*self._prefix, "Xvfb", "-noreset", "-displayfd", str(write), "-screen", "0", self._size,
             "-nolisten", "tcp"],
            pass_fds=(write,), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read, "rb") as pipe:
            ready, _, _ = select.select([pipe], [], [], START_S)
            number = pipe.readline().decode("ascii").strip() if ready else ""
        if not number:
            self._stop()
            raise MirrorError("Xvfb was started and gave no display; run it by hand to see why")
        self.display = f":{number}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None,
    ) -> None:
        self.display = None
        self._stop()

    def environment(self) -> dict[str, str]:
        """This process's environment with that display, and no other, for the mirror's window."""
        others = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
        kept = {name: value for name, value in os.environ.items() if name not in others}
        if self.display is None:
            return {**kept, "QT_QPA_PLATFORM": OFFSCREEN}
        return {**kept, "DISPLAY": self.display, "QT_QPA_PLATFORM": "xcb"}

    def cpu_seconds(self) -> float:
        """CPU time that the server has taken (Linux), 0 without one."""
        if self._process is None:
            return 0.0
        try:
            # the name stands in brackets; utime and stime are fields 14 and 15 of proc(5)
            fields = Path(f"/proc/{self._process.pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
