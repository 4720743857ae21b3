"""What holds for every test: no deadline for generated examples, because machines differ; nothing from outside."""

import atexit
import os

from hypothesis import HealthCheck, settings

settings.register_profile("everywhere", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("everywhere")

for name in [name for name in os.environ if name.startswith("GATE_")]:
    del os.environ[name]

if "PYTEST_XDIST_WORKER" in os.environ:
    # A worker has told its results by then. Taking the interpreter down under gRPC's threads, after hundreds of servers
    # and channels in one process, now and then ends in a segmentation fault; leaving at once does not.
    atexit.register(os._exit, 0)
