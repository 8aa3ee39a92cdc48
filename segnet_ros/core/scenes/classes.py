"""Class ids in the label of a scene: those of the label set `camvid`."""

SKY = 0
BUILDING = 1
POLE = 2
ROAD = 3
PAVEMENT = 4
TREE = 5
SIGN = 6
FENCE = 7
CAR = 8
PEDESTRIAN = 9
BICYCLIST = 10
