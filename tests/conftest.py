"""What holds for every test: no deadline for generated examples, because machines differ; nothing from outside."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("everywhere", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("everywhere")

for name in [name for name in os.environ if name.startswith("GATE_")]:
    del os.environ[name]
