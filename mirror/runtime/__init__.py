"""How a graph is run: manifest, providers, threads, sessions. Knows no meaning of any tensor."""

import os

# From 1.32 on, ONNX Runtime for Linux keeps a session id in the home folder and reports usage to its maker when it is
# imported. The mirror sends nothing anywhere: this must stand before the first import of onnxruntime.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
