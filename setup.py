"""Package data for colcon and pip; nothing is computed here."""

from glob import glob

from setuptools import find_packages
from setuptools import setup

setup(
    name='segnet_ros',
    version='0.1.0',
    description='Semantic segmentation of ROS 2 camera topics with SegNet',
    long_description=(
        'A ROS 2 node that turns camera topics into label images, overlays and confidences with '
        'the SegNet of Badrinarayanan, Kendall and Cipolla, and the code that trains it.'
    ),
    author='segnet_ros maintainers',
    author_email='maintainers@segnet-ros.example',
    license='Apache-2.0',
    python_requires='>=3.10',
    zip_safe=False,
    packages=find_packages(include=['segnet_ros', 'segnet_ros.*']),
    package_data={
        'segnet_ros': [
            'py.typed',
            'label_sets/*.yaml',
            'weights/*.safetensors',
            'weights/LICENSE',
            'core/engine/*.cu',  # compiled on the GPU's machine
            'core/engine/*.c',  # compiled on the CPU's machine
            'web/static/*',  # what segnet_web shows
        ],
    },
    data_files=[
        ('share/ament_index/resource_index/packages', ['resource/segnet_ros']),
        ('share/segnet_ros', ['package.xml']),
        ('share/segnet_ros/launch', glob('launch/*.launch.py')),
        ('share/segnet_ros/config', glob('config/*')),
    ],
    # On a robot everything else comes from rosdep and from the platform.
    install_requires=['setuptools'],
    extras_require={
        'torch': [
            'numpy>=1.21',  # images and label images are arrays
            'opencv-python-headless>=4.5.4',  # resizing, color conversion, image and video files
            'PyYAML',  # label-set files
            'safetensors',  # checkpoints that cannot execute code
            'torch>=2.3',  # the network
        ],
        # Only for machines without ROS 2; `make` pins them with requirements/*.txt.
        'ros': [
            'ros-diagnostic-msgs',  # /diagnostics
            'ros-rclpy[fastrtps]',  # nodes, over Fast DDS
            'ros-sensor-msgs',  # images and camera_info
            'ros-std-srvs',  # ~/enable, ~/reload, ~/reset_statistics
        ],
        'train': [
            'matplotlib',  # the picture of segnet_evaluate --confusion
            'tensorboard',  # curves of a training run
            'torchvision>=0.18',  # joint augmentation of images and labels
            'tqdm',  # progress bars, also of segnet_evaluate, segnet_evaluate_node, segnet_predict
        ],
        'web': [
            'starlette>=0.37',  # routes, requests and streamed answers of segnet_web
            'uvicorn>=0.29',  # speaks HTTP for it; since then it ends as its process is told to
        ],
        'bag': [
            'backports.zstd; python_version < "3.14"',  # bags that are compressed and cut off
            'lz4',  # likewise
            # Reads and writes bags without ROS, for segnet_bag; the version tried, and its like.
            'rosbags>=0.11.9,<0.12',
            'tqdm',  # its progress bar
        ],
        'onnx': [
            'onnx>=1.13',  # the file of segnet_export, and what backend:=onnxruntime is made of
            'onnxruntime',  # backend:=onnxruntime, and a check of segnet_export
            'openvino',  # a second check of segnet_export, and what the network is compared with
            'tqdm',  # progress of the check
        ],
        'test': [
            'colcon-common-extensions',  # the test of the installed package
            'mypy==2.4.1',  # types; pinned, because new versions find new things
            'pytest',  # runs the tests
            'pytest-xdist',  # on several cores
            'ruff==0.17.6',  # style and format; pinned likewise
            'selenium',  # drives the Chromium that looks at the page of segnet_web
            'types-PyYAML',  # types of yaml, for mypy
            'types-tqdm',  # types of tqdm, for mypy
        ],
        # Not beside Kilted: its type objects and those of Kilted's Fast DDS clash.
        'test-jazzy': [
            # a subscriber from another DDS vendor, in the version tried; no wheels for 3.14
            'cyclonedds==11.0.1; python_version < "3.14"',
        ],
    },
    entry_points={
        'console_scripts': [
            'segnet_bag = segnet_ros.commands.entry:bag',
            'segnet_demo = segnet_ros.node.demo:main',
            'segnet_evaluate = segnet_ros.commands.entry:evaluate',
            'segnet_export = segnet_ros.commands.entry:export',
            'segnet_evaluate_node = segnet_ros.commands.entry:evaluate_node',
            'segnet_image_source = segnet_ros.node.image_source:main',
            'segnet_nav2_config = segnet_ros.node.nav2_config:main',
            'segnet_node = segnet_ros.node.segnet_node:main',
            'segnet_predict = segnet_ros.commands.entry:predict',
            'segnet_pretrain = segnet_ros.commands.entry:pretrain',
            'segnet_train = segnet_ros.commands.entry:train',
            'segnet_web = segnet_ros.commands.entry:web',
        ],
    },
)
