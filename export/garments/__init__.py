"""The garment detector: data, network, assignment, training and its export to ONNX."""
