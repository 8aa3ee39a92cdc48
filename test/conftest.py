"""
Settings of every test, made before anything reads them: stay on this host, alone, on one core.

The ROS wheels start Python anew with their libraries on its path; they do it as the interpreter
starts, before pytest, so nothing is lost and nothing is needed here.
"""

import os
from pathlib import Path

from segnet_ros.node.share import name_profile_variable

os.environ.update(
    {
        'OMP_NUM_THREADS': '1',
        'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
        'ROS_DOMAIN_ID': str(1 + os.getpid() % 101),
        name_profile_variable(): str(Path(__file__).parents[1] / 'config' / 'fastdds.xml'),
    }
)
