"""Darknet nets (cfg and weights), such as YOLOv3 and YOLOv3-tiny, to ONNX, with numpy alone."""
