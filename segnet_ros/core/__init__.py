"""The network and what surrounds it, in PyTorch and NumPy; no ROS."""
