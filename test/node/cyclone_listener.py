"""
Program that hears images with Cyclone DDS, which is not the DDS of the ROS 2 under test.

It subscribes to the topics it is given, and writes one JSON line per image to standard output.
The types are those that ROS 2 gives its messages on the wire.
"""

from dataclasses import dataclass
import hashlib
import json
import os
import sys

# Like the nodes, it stays on this host, and finds them there without multicast.
os.environ['CYCLONEDDS_URI'] = """
<CycloneDDS><Domain>
  <General>
    <Interfaces><NetworkInterface name="lo" multicast="false"/></Interfaces>
    <AllowMulticast>false</AllowMulticast>
  </General>
  <Discovery>
    <ParticipantIndex>auto</ParticipantIndex>
    <Peers><Peer address="127.0.0.1"/></Peers>
  </Discovery>
</Domain></CycloneDDS>
"""

from cyclonedds.core import InstanceState
from cyclonedds.core import Policy
from cyclonedds.core import Qos
from cyclonedds.core import ReadCondition
from cyclonedds.core import SampleState
from cyclonedds.core import ViewState
from cyclonedds.core import WaitSet
from cyclonedds.domain import DomainParticipant
from cyclonedds.idl import IdlStruct
from cyclonedds.idl.types import int32
from cyclonedds.idl.types import sequence
from cyclonedds.idl.types import uint8
from cyclonedds.idl.types import uint32
from cyclonedds.sub import DataReader
from cyclonedds.topic import Topic
from cyclonedds.util import duration

RELIABLE = Qos(
    Policy.Reliability.Reliable(duration(seconds=1)),
    Policy.Durability.Volatile,
    Policy.History.KeepLast(5),
)
ANY = SampleState.Any | ViewState.Any | InstanceState.Any


@dataclass
class Time(IdlStruct, typename='builtin_interfaces::msg::dds_::Time_'):
    sec: int32
    nanosec: uint32


@dataclass
class Header(IdlStruct, typename='std_msgs::msg::dds_::Header_'):
    stamp: Time
    frame_id: str


@dataclass
class Image(IdlStruct, typename='sensor_msgs::msg::dds_::Image_'):
    header: Header
    height: uint32
    width: uint32
    encoding: str
    is_bigendian: uint8
    step: uint32
    data: sequence[uint8]


def describe(topic: str, image: Image) -> dict[str, object]:
    """Write down what a test compares; of the pixels a hash."""
    return {
        'topic': topic,
        'stamp': [image.header.stamp.sec, image.header.stamp.nanosec],
        'frame_id': image.header.frame_id,
        'size': [image.height, image.width],
        'encoding': image.encoding,
        'step': image.step,
        'hash': hashlib.sha256(bytes(image.data)).hexdigest(),
    }


def listen(topics: list[str]) -> None:
    """Write down every image until the process is ended."""
    participant = DomainParticipant(int(os.environ['ROS_DOMAIN_ID']))
    readers = {
        topic: DataReader(participant, Topic(participant, f'rt{topic}', Image), RELIABLE)
        for topic in topics
    }
    waitset = WaitSet(participant)
    for reader in readers.values():
        waitset.attach(ReadCondition(reader, ANY))
    while True:
        waitset.wait(duration(infinite=True))
        for topic, reader in readers.items():
            for image in reader.take(5):
                if isinstance(image, Image):  # else it tells that a publisher has gone
                    print(json.dumps(describe(topic, image)), flush=True)


if __name__ == '__main__':
    listen(sys.argv[1:])
