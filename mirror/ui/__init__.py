"""The window: the only room that knows Qt. ``layout``, ``framing``, ``screens``, ``states``, ``tags`` and ``words`` are
pure Python: they are tested without a display."""
