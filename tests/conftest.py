"""For every test: one thread for small matrix products, which two threads only slow down."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
