# Each target is a line of work over .venv, which plain `make` sets up.
#
#   PYTHON=python3.12   the Python to set up .venv with (default: python3)
#   TORCH_INDEX=URL     where PyTorch comes from (default: PyPI, which brings CUDA); without a GPU,
#                       https://download.pytorch.org/whl/cpu is much smaller
#   SOURCE=PATH         a video, a folder of images or /dev/video0 for the demo
#   ARGS=...            more arguments for the program behind the target

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
PYTHON ?= python3
BIN := .venv/bin
# On all cores, but four at most: each takes up to 1.5 GB. One that is done takes over tests of others.
PYTEST := -m pytest -n auto --maxprocesses 4 --dist worksteal

# Stay on this host, away from other ROS graphs and from the settings of a sourced ROS 2.
export ROS_AUTOMATIC_DISCOVERY_RANGE := LOCALHOST
export PIP_DISABLE_PIP_VERSION_CHECK := 1
unexport RMW_IMPLEMENTATION ROS_LOCALHOST_ONLY ROS_DISCOVERY_SERVER ROS_STATIC_PEERS
unexport FASTDDS_DEFAULT_PROFILES_FILE FASTRTPS_DEFAULT_PROFILES_FILE _ROS_WHEELS_BOOTSTRAP_COMPLETE

.PHONY: venv demo test soak lint bench clean help

venv: .venv/.installed ## set up .venv (the default)
	@echo 'Ready. Next: make demo, make test, make help'

demo: .venv/.installed ## segment a camera over real ROS topics and show how it went
	$(BIN)/segnet_demo $(if $(SOURCE),--source '$(SOURCE)') $(ARGS)

lint: .venv/.installed ## style, format, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

soak: .venv/.installed ## the long counts: a hundred interrupts, minutes of overload
	$(BIN)/python -m pytest -m soak $(ARGS)

bench: .venv/.benchmarks ## network, node and training, measured beside others (half an hour)
	$(BIN)/python benchmarks/bench_engine.py --json bench_output/engine.json
	$(BIN)/python benchmarks/bench_node.py --json bench_output/node.json
	$(BIN)/python benchmarks/bench_node.py --delay 50 --json bench_output/node_alone.json
	$(BIN)/python benchmarks/bench_training.py

.venv/.benchmarks: .venv/.installed
	$(BIN)/pip install -q -e '.[onnx]'
	@mkdir -p bench_output
	@touch $@

clean: ## remove what was built and cached; environments stay (rm -rf .venv .venv-jazzy)
	rm -rf build install log dist bench_output demo_output *.egg-info .mypy_cache .pytest_cache .ruff_cache
	find segnet_ros test launch -name __pycache__ -prune -exec rm -rf {} +

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-6s %s\n", $$1, $$2}' Makefile
	@sed -n 's/^#   /  /p' Makefile

ifeq ($(shell uname -sm),Linux x86_64)

# ROS 2 comes as wheels, so nothing of an installed one may be found.
unexport PYTHONPATH LD_LIBRARY_PATH AMENT_PREFIX_PATH COLCON_PREFIX_PATH CMAKE_PREFIX_PATH ROS_DISTRO

test: .venv/.installed .venv-jazzy/.installed ## all tests on Kilted, those with nodes on Jazzy too
	$(BIN)/python $(PYTEST) $(ARGS)
	.venv-jazzy/bin/python $(PYTEST) test/node test/evaluation test/test_ros_environment.py $(ARGS)

.venv/.installed: setup.py requirements/kilted.txt
	@$(CHECK_PYTHON)
	@test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	@echo 'Setting up .venv, 1 of 2: PyTorch. With CUDA 5 GB on disk and 5 to 20 minutes, once.'
	@$(BIN)/pip install -q $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) torch torchvision
	@echo 'Setting up .venv, 2 of 2: ROS 2 Kilted and tools. About a minute.'
	@$(BIN)/pip install -q -c requirements/kilted.txt -e '.[torch,ros,train,onnx,bag,web,test]'
	@touch $@

# A second ROS 2 for the tests: its own wheels first, everything else borrowed from .venv.
.venv-jazzy/.installed: .venv/.installed requirements/jazzy.txt
	@echo 'Setting up .venv-jazzy: ROS 2 Jazzy. About a minute.'
	@rm -rf .venv-jazzy
	@$(BIN)/python -m venv .venv-jazzy
	@.venv-jazzy/bin/pip install -q -c requirements/jazzy.txt -e '.[ros,test-jazzy]'
	@paths='import sysconfig; print(sysconfig.get_path("purelib"))'; \
	$(BIN)/python -c "$$paths" > "$$(.venv-jazzy/bin/python -c "$$paths")/borrowed_from_venv.pth"
	@touch $@

else

# No wheels for this machine: the sourced ROS 2 and the platform's PyTorch, neither ever replaced.
test: .venv/.installed
	$(BIN)/python $(PYTEST) $(ARGS)

.venv/.installed: setup.py
	@$(CHECK_PYTHON)
	@$(PYTHON) -c 'import diagnostic_msgs, rclpy, sensor_msgs, std_srvs' || { \
	  echo 'ROS 2 was not found by $(PYTHON). Install it (https://docs.ros.org), run'; \
	  echo '  rosdep install --from-paths . --ignore-src'; \
	  echo '  source /opt/ros/<distribution>/setup.bash'; \
	  echo 'and then make again.'; exit 1; } >&2
	@$(PYTHON) -c 'import torch' || { \
	  echo 'PyTorch was not found by $(PYTHON). Install torch 2.3 or later as the maker of this machine'; \
	  echo 'says (on a Jetson: the wheel for its JetPack; for training also the torchvision that belongs'; \
	  echo 'to it), and then make again.'; exit 1; } >&2
	@test -x $(BIN)/pip || $(PYTHON) -m venv --system-site-packages .venv
	@echo 'Setting up .venv: tools beside the installed ROS 2 and PyTorch. About a minute.'
	@$(BIN)/pip install -q matplotlib safetensors tensorboard tqdm -e '.[bag,web,test]'
	@touch $@

endif

define CHECK_PYTHON
$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
  echo '$(PYTHON) is missing or older than 3.10. Install a newer one, or name it: make PYTHON=python3.12'; \
  exit 1; } >&2; \
$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { \
  echo '$(PYTHON) cannot make environments. On Debian and Ubuntu: sudo apt install python3-venv'; \
  exit 1; } >&2
endef
