"""From the one string that a user types to a source."""

from __future__ import annotations

import difflib
import os
import re
import sys
from pathlib import Path

import cv2

from mirror.camera.capture import Capture, VideoCapture, has_gstreamer
from mirror.camera.live import LiveSource
from mirror.camera.paced import FileSource, PictureSource
from mirror.camera.picture import PICTURE_SUFFIXES
from mirror.camera.source import Source
from mirror.domain import MirrorError, UsageError

DEMO_CLIP = Path(__file__).with_name("demo.mp4")
KINDS = "0, /dev/video0, clip.mp4, folder/, rtsp://..., http://..., gst:PIPELINE, csi:0, demo"
STREAM = re.compile(r"^(rtsps?|https?|rtmp|udp|srt)://.", re.IGNORECASE)
OPEN_TIMEOUT_MS = 8000
READ_TIMEOUT_MS = 3000
"""A stream that sends nothing for this long is lost (OpenCV's own default is 30 s)."""


def open_source(
    spec: str, *, fps: float | None = None, loop: bool = False, size: tuple[int, int] = (1280, 720),
    camera_fps: float = 30.0, rotate: int = 0,
) -> Source:
    """The source that ``spec`` names, checked as far as that goes without opening it, not started.

    Args:
        spec: ``0``, ``/dev/video0``, a video or picture file, a folder of pictures, ``rtsp://...``,
            ``http(s)://...``, ``gst:PIPELINE``, ``csi:N``, ``demo``, or ``auto`` (the first camera of this
            machine, else the demo).
        fps: rate for files and pictures (None: their own; ``math.inf``: unpaced).
        loop: begin files and folders again at their end; the demo always does.
        size, camera_fps: wished of a camera (width, height); what it gives is what frames have.
        rotate: degrees clockwise (0, 90, 180, 270), for a camera mounted on its side.

    Raises:
        UsageError: ``spec`` is none of these. MirrorError: what it names is not there.
    """
    spec = spec.strip()
    if spec == "auto":
        spec = _first_camera() or "demo"
    if spec == "demo":
        if not DEMO_CLIP.is_file():
            raise MirrorError(f"source demo: {DEMO_CLIP.name} is missing in this installation; install again")
        return FileSource("demo", DEMO_CLIP, fps=fps, loop=True, rotate=rotate)
    if spec.isdigit():
        return _device(f"/dev/video{spec}", int(spec), size, camera_fps, rotate)
    if spec.startswith("/dev/"):
        return _device(spec, spec, size, camera_fps, rotate)
    if STREAM.match(spec):
        return _stream(spec, rotate)
    if spec.startswith("gst:"):
        return _gstreamer(spec, spec[4:].strip(), rotate)
    if spec.startswith("csi:"):
        return _gstreamer(spec, csi_pipeline(spec[4:], size, camera_fps), rotate)
    return _path(spec, fps, loop, rotate)


def csi_pipeline(sensor: str, size: tuple[int, int], fps: float) -> str:
    """The GStreamer pipeline of a Jetson CSI camera: Argus capture, newest frame only."""
    if not sensor.isdigit():
        raise UsageError(f"source csi:{sensor}: write the sensor's number, for example csi:0")
    width, height = size
    return (
        f"nvarguscamerasrc sensor-id={sensor} ! "
        f"video/x-raw(memory:NVMM),width={width},height={height},framerate={round(fps)}/1 ! "
        "nvvidconv ! video/x-raw,format=BGRx ! videoconvert ! video/x-raw,format=BGR ! "
        "appsink drop=true max-buffers=1 sync=false"
    )


def _device(path: str, target: str | int, size: tuple[int, int], fps: float, rotate: int) -> Source:
    backend = cv2.CAP_ANY
    if sys.platform.startswith("linux"):
        backend = cv2.CAP_V4L2
        if not Path(path).exists():
            raise MirrorError(f"camera {target}: there is no {path}; plug a camera in, or use --source demo")
        if not os.access(path, os.R_OK | os.W_OK):
            raise MirrorError(f"camera {path}: no permission to use it; add this user to the group 'video'")
    options = [
        # compressed frames: raw 720p30 does not fit through USB 2
        cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"),
        cv2.CAP_PROP_FRAME_WIDTH, size[0], cv2.CAP_PROP_FRAME_HEIGHT, size[1], cv2.CAP_PROP_FPS, round(fps),
        cv2.CAP_PROP_BUFFERSIZE, 1,
    ]
    failure = f"camera {target}: cannot be opened; is it a camera, and is another program using it?"

    def opener() -> Capture:
        if backend == cv2.CAP_V4L2 and not Path(path).exists():
            raise MirrorError(f"camera {target}: {path} is gone; plug the camera in again")
        try:
            return VideoCapture(target, backend, failure, options)
        except MirrorError:
            # drivers that refuse one of the wishes still work with none
            return VideoCapture(target, backend, failure)

    return LiveSource(str(target), opener, rotate=rotate, watch_frozen=True)


def _stream(url: str, rotate: int) -> Source:
    shown = re.sub(r"//[^/@]*@", "//", url)  # user and password are nobody's business in a log
    failure = f"stream {shown}: cannot be opened; check the address, the network and that it is sending"
    options = [
        cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_TIMEOUT_MS,
    ]

    def opener() -> Capture:
        return VideoCapture(url, cv2.CAP_FFMPEG, failure, options)

    return LiveSource(shown, opener, rotate=rotate)


def _gstreamer(spec: str, pipeline: str, rotate: int) -> Source:
    if not pipeline:
        raise UsageError(f"source {spec!r}: write a pipeline after 'gst:', ending in appsink")
    if not has_gstreamer():
        raise MirrorError(
            f"source {spec.split(':')[0]}: this OpenCV has no GStreamer; install one built with it "
            "(on a Jetson: JetPack's python3-opencv) or use another source"
        )
    if "appsink" not in pipeline:
        pipeline += " ! appsink drop=true max-buffers=1 sync=false"
    failure = f"source {spec}: GStreamer cannot play this pipeline; try it with gst-launch-1.0"
    options = [cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_TIMEOUT_MS]

    def opener() -> Capture:
        return VideoCapture(pipeline, cv2.CAP_GSTREAMER, failure, options)

    return LiveSource(spec.split(":")[0] if spec.startswith("gst:") else spec, opener, rotate=rotate)


def _path(spec: str, fps: float | None, loop: bool, rotate: int) -> Source:
    if not spec:
        raise UsageError(f"source is empty: unknown; give one of {KINDS}")
    path = Path(spec).expanduser()
    if path.is_dir():
        pictures = sorted(p for p in path.iterdir() if p.suffix.lower() in PICTURE_SUFFIXES and p.is_file())
        if not pictures:
            raise MirrorError(f"{path}: no pictures in this folder; add JPEG or PNG files")
        return PictureSource(spec, pictures, fps=fps, loop=loop, rotate=rotate)
    if not path.exists():
        close = difflib.get_close_matches(spec, ["demo", "auto"], n=1)
        if close:
            raise UsageError(f"source {spec!r}: unknown; did you mean {close[0]!r}?")
        if ":" in spec:
            raise UsageError(f"source {spec!r}: unknown; give one of {KINDS}")
        raise MirrorError(f"{path}: no such file or folder; sources are {KINDS}")
    if not path.is_file():
        raise MirrorError(f"{path}: not a regular file; sources are {KINDS}")
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise MirrorError(f"{path}: cannot be read ({reason}); check the file's rights") from error
    if empty:
        raise MirrorError(f"{path}: the file is empty; copy it again")
    if path.suffix.lower() in PICTURE_SUFFIXES:
        return PictureSource(spec, [path], fps=fps, loop=loop, rotate=rotate)
    return FileSource(spec, path, fps=fps, loop=loop, rotate=rotate)


def _first_camera() -> str | None:
    """The first video device that this user may use (Linux), else None."""
    for path in sorted(Path("/dev").glob("video*"), key=lambda p: (len(p.name), p.name)):
        if os.access(path, os.R_OK | os.W_OK):
            return str(path)
    return None
