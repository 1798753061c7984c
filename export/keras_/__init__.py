"""Keras models (.h5 of Keras 2 and 3, .keras) to ONNX: a reader of the files, without Keras and TensorFlow."""
