"""Measure the node by the data sets of training: the one folder that knows both."""
