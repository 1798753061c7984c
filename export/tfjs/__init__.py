"""TensorFlow.js graph models to ONNX, with numpy and onnx only (no TensorFlow)."""
