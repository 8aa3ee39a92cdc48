"""Images in messages, of ROS or of a bag alike, as arrays; without ROS."""
