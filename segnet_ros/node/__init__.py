"""The ROS 2 side of segnet_ros; the only folder that imports ROS."""
