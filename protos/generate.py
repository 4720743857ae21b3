"""Generate gate/v1 from protos/gate/v1. With --check: fail when the committed code differs.

Run by `make protos` and `make check`. The output path equals the proto package, so nothing needs rewriting.
"""

import filecmp
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from grpc_tools import protoc

PROTOS = Path(__file__).resolve().parent
ROOT = PROTOS.parent
GENERATED = Path("gate/v1")


def generate(into: Path) -> None:
    """Write messages, services and their type stubs below `into`."""
    well_known = files("grpc_tools") / "_proto"
    common_protos = files("google.type") / ".." / ".."
    includes = [f"-I{path}" for path in (PROTOS, well_known, common_protos)]
    every = sorted((PROTOS / GENERATED).glob("*.proto"))
    services = [path for path in every if "\nservice " in path.read_text()]
    for outputs, inputs in (
        (["python", "mypy"], every),
        (["grpc_python", "mypy_grpc"], services),
    ):
        options = [f"--{name}_out={'quiet:' if 'mypy' in name else ''}{into}" for name in outputs]
        if protoc.main(["protoc", *includes, *options, *map(str, inputs)]) != 0:
            sys.exit("protoc failed; its message is above")
    for init in (into / "gate/__init__.py", into / GENERATED / "__init__.py"):
        init.touch()


def drifted() -> list[str]:
    """Names of the generated files that differ from the committed ones."""
    with tempfile.TemporaryDirectory() as scratch:
        generate(Path(scratch))
        fresh, committed = Path(scratch) / GENERATED, ROOT / GENERATED
        names = {path.name for folder in (fresh, committed) for path in folder.glob("*.py*")}
        return sorted(
            name
            for name in names
            if not (fresh / name).exists()
            or not (committed / name).exists()
            or not filecmp.cmp(fresh / name, committed / name, shallow=False)
        )


if __name__ == "__main__":
    if "--check" in sys.argv:
        if names := drifted():
            sys.exit(f"gate/v1 is not what protos/ generates: {', '.join(names)}. Run `make protos`.")
    else:
        generate(ROOT)
