"""Caffe nets (prototxt and caffemodel) to ONNX, with numpy alone."""
