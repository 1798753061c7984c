"""Pixels that an X server shows, read by a client of its own: nothing of the mirror or of Qt is between."""

from __future__ import annotations

import ctypes
import ctypes.util

import numpy as np
from numpy.typing import NDArray

from benchmarks.marker import Place
from mirror.domain import MirrorError

Z_PIXMAP = 2
ALL_PLANES = 0xFFFFFFFF


class _Screens(ctypes.Structure):
    """xcb_screen_iterator_t; a screen begins with its root window's id and is 4 bytes later a colormap's."""

    _fields_ = (("data", ctypes.POINTER(ctypes.c_uint32)), ("rem", ctypes.c_int), ("index", ctypes.c_int))


class _Cookie(ctypes.Structure):
    _fields_ = (("sequence", ctypes.c_uint),)


class XPixels:
    """A connection to the display; ``read`` gives what the root window shows.

    Raises:
        MirrorError: libxcb or the display cannot be had.
    """

    def __init__(self, display: str) -> None:
        name = ctypes.util.find_library("xcb")
        if name is None:
            raise MirrorError("libxcb is not installed; the window's pixels cannot be read")
        self._xcb = xcb = ctypes.CDLL(name)
        xcb.xcb_connect.restype = ctypes.c_void_p
        xcb.xcb_get_setup.restype = ctypes.c_void_p
        xcb.xcb_get_setup.argtypes = [ctypes.c_void_p]
        xcb.xcb_setup_roots_iterator.restype = _Screens
        xcb.xcb_setup_roots_iterator.argtypes = [ctypes.c_void_p]
        xcb.xcb_get_image.restype = _Cookie
        xcb.xcb_get_image.argtypes = [
            ctypes.c_void_p, ctypes.c_uint8, ctypes.c_uint32, ctypes.c_int16, ctypes.c_int16, ctypes.c_uint16,
            ctypes.c_uint16, ctypes.c_uint32]
        xcb.xcb_get_image_reply.restype = ctypes.c_void_p
        xcb.xcb_get_image_reply.argtypes = [ctypes.c_void_p, _Cookie, ctypes.c_void_p]
        xcb.xcb_get_image_data.restype = ctypes.c_void_p
        xcb.xcb_get_image_data.argtypes = [ctypes.c_void_p]
        xcb.xcb_get_image_data_length.argtypes = [ctypes.c_void_p]
        self._libc = ctypes.CDLL(None)
        self._libc.free.argtypes = [ctypes.c_void_p]
        self._connection = ctypes.c_void_p(xcb.xcb_connect(display.encode(), None))
        if xcb.xcb_connection_has_error(self._connection):
            xcb.xcb_disconnect(self._connection)
            raise MirrorError(f"display {display} cannot be opened")
        self._root = xcb.xcb_setup_roots_iterator(xcb.xcb_get_setup(self._connection)).data[0]

    def read(self, at: Place) -> NDArray[np.uint8]:
        """The pixels of a rectangle as BGRX uint8 (h, w, 4), own memory (a depth of 24, as Xvfb's here).

        Raises:
            MirrorError: the server refused or is gone.
        """
        width, height = at.x2 - at.x1, at.y2 - at.y1
        xcb = self._xcb
        cookie = xcb.xcb_get_image(self._connection, Z_PIXMAP, self._root, at.x1, at.y1, width, height, ALL_PLANES)
        reply = xcb.xcb_get_image_reply(self._connection, cookie, None)
        if not reply:
            raise MirrorError("the X server gave no pixels; is the screen smaller than the window?")
        try:
            length = xcb.xcb_get_image_data_length(reply)
            if length != 4 * width * height:
                raise MirrorError(f"the X server has {length} bytes for {width}x{height} pixels: not a depth of 24")
            raw = ctypes.string_at(xcb.xcb_get_image_data(reply), length)
        finally:
            self._libc.free(reply)
        return np.frombuffer(raw, np.uint8).reshape(height, width, 4)

    def close(self) -> None:
        """End the connection."""
        self._xcb.xcb_disconnect(self._connection)
