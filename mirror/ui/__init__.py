"""The window: the only room that knows Qt. ``layout``, ``framing``, ``states``, ``tags`` and ``words`` are pure."""
