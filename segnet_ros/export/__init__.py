"""A checkpoint as an ONNX file, checked against PyTorch, and run by ONNX Runtime."""
