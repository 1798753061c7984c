"""Where frames come from: one small contract, one file per kind of source."""

from mirror.camera.opening import open_source
from mirror.camera.source import Source, StaleFrame

__all__ = ["Source", "StaleFrame", "open_source"]
