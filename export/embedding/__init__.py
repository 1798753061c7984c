"""The garment embedding: data, network, training and its export to ONNX."""
