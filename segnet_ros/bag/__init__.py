"""Labels for recorded images: ``segnet_bag``, without ROS."""
