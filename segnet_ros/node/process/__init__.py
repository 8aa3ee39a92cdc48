"""A program as a process: command line, signals, DDS settings, the files beside the code."""
