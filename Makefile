# Two commands do everything on a fresh machine: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CATALOGUE := build/sample.catalogue
SNAPSHOT := out/mirror.png
FLAGS ?=
# Any from 2.4 does; one version gives everybody the same figures. A build for the CPU is enough.
TORCH ?= torch==2.13.0

# Libraries that PyQt5's xcb platform, dlib and OpenCV load; Debian and Ubuntu names.
SYSTEM_PACKAGES := libgl1 libegl1 libglib2.0-0 libfontconfig1 libdbus-1-3 libxkbcommon-x11-0 libxcb-icccm4 \
  libxcb-image0 libxcb-keysyms1 libxcb-render-util0 libxcb-xinerama0 libxcb-xkb1 libxcb-shape0 libxcb-randr0
TEST_PACKAGES := xvfb
ARCH := $(shell uname -m)
ifeq ($(ARCH),aarch64)
  # PyQt5 has no Linux wheel for aarch64: there it is the distribution's
  SYSTEM_PACKAGES += python3-pyqt5
  VENV_FLAGS := --system-site-packages
endif

# $(call packages,NAMES): install those that are missing, where we may; else say the one line that does it.
define packages
	@if command -v dpkg-query >/dev/null; then \
	  missing=""; for p in $(1); do dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q "ok installed" || missing="$$missing $$p"; done; \
	  if [ -n "$$missing" ]; then \
	    if [ "$$(id -u)" = 0 ]; then sudo=""; elif sudo -n true 2>/dev/null; then sudo="sudo"; \
	    else echo "These system packages are missing; run: sudo apt-get install -y$$missing"; exit 1; fi; \
	    echo "==> installing system packages:$$missing"; \
	    $$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	  fi; \
	else echo "Not a Debian system: make sure it has the like of: $(1)"; fi
endef

.PHONY: run test lint bench install catalogue models clean gpu openvino help

help:
	@echo "make run       the mirror: a camera if there is one, else the demo (FLAGS='--source clip.mp4' adds flags)"
	@echo "make test      lint, types and every test"
	@echo "make bench     speed and latency of the live pipeline on this machine"
	@echo "make lint      ruff and mypy only"

run: install catalogue
	@mkdir -p out
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
	  exec $(BIN)/mirror run $(FLAGS); \
	else \
	  echo "==> no display here: 20 seconds of the demo without a window, then a picture of what it showed"; \
	  $(BIN)/mirror run --headless --seconds 20 --consent given --snapshot $(SNAPSHOT) $(FLAGS) \
	    && echo "==> what the mirror showed: $(SNAPSHOT)"; \
	fi

$(VENV)/bin/python:
	$(call packages,$(SYSTEM_PACKAGES) $(shell $(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || echo python3 python3-venv))
	@echo "==> making the virtual environment"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "Python 3.10 or newer is needed: make run PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV_FLAGS) $(VENV)

$(VENV)/.installed: pyproject.toml $(VENV)/bin/python
	@echo "==> installing the mirror (a minute or two, once)"
	@$(BIN)/pip install --disable-pip-version-check -q -e .
	@# where Python may not write beside the code, every start would compile all of it: a quarter of a second
	@$(BIN)/python -m compileall -q mirror catalog
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(call packages,$(TEST_PACKAGES))
	@echo "==> installing what the tests need"
	@$(BIN)/pip install --disable-pip-version-check -q -e '.[dev,export]' '$(TORCH)'
	@touch $@

install: $(VENV)/.installed

gpu: install
	@$(BIN)/pip uninstall -q -y onnxruntime && $(BIN)/pip install -q 'onnxruntime-gpu>=1.18'

openvino: install
	@$(BIN)/pip uninstall -q -y onnxruntime && $(BIN)/pip install -q 'onnxruntime-openvino>=1.20'

catalogue: $(CATALOGUE)

$(CATALOGUE): models_onnx/garment-embedding.onnx models_onnx/manifest.toml mirror/vision/embedding.py $(wildcard catalog/*.py catalog/*/*.py) | $(VENV)/.installed
	@echo "==> drawing the sample catalogue"
	@$(BIN)/python -m catalog.sample --out build/sample
	@$(BIN)/mirror catalog build --items build/sample/items.csv --pictures build/sample/pictures --out $@

models:
	@git checkout -- models_onnx && $(BIN)/mirror models verify

lint: $(VENV)/.installed-dev
	@$(BIN)/ruff check .
	@$(BIN)/mypy

test: $(VENV)/.installed-dev lint catalogue
	@$(BIN)/python -m pytest

bench: install catalogue
	@$(BIN)/mirror bench --seconds 30 $(FLAGS)

clean:
	rm -rf $(VENV) build out *.egg-info .pytest_cache .mypy_cache .ruff_cache
