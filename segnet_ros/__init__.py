"""SegNet semantic segmentation for ROS 2: network, training and node."""
