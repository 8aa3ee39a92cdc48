"""What ``segnet_demo`` needs: processes, an audience and a report."""
