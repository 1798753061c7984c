"""Is there a screen to open a window on? Asked before Qt is, because Qt aborts the process when there is not."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import sys

from mirror.domain import MirrorError


def has_display() -> bool:
    """Whether a display is named in the environment (always, on systems whose desktop needs none named)."""
    if not sys.platform.startswith("linux"):
        return True
    if os.environ.get("QT_QPA_PLATFORM", "").split(":")[0] in ("offscreen", "minimal"):
        return False
    return bool(os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY"))


def choose_platform(headless: bool) -> bool:
    """Have Qt paint on the display, or off screen when ``headless`` or when there is no display. To be called before Qt
    is imported. Returns whether it is off screen.

    Raises:
        MirrorError: a display is named and does not answer.
    """
    if not headless and has_display():
        require_display()
        return False
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    # off screen there is no session whose folder Qt could warn that it misses
    os.environ.setdefault("QT_LOGGING_RULES", "default.warning=false")
    return True


def require_display() -> None:
    """Check that the named X display answers.

    Raises:
        MirrorError: it does not; the line says which and how to go on without.
    """
    name = os.environ.get("DISPLAY")
    library = ctypes.util.find_library("xcb")
    if not name or not library or os.environ.get("WAYLAND_DISPLAY"):
        return
    xcb = ctypes.CDLL(library)
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(name.encode(), None))
    refused = bool(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    if refused:
        raise MirrorError(f"display {name} cannot be opened; check DISPLAY and its access rights, or unset it")
