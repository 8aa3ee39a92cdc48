"""Images between messages and arrays, for every program that has messages, with ROS or without."""
