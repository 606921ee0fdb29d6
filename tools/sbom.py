"""`make sbom`: write the bill of materials, CycloneDX 1.6, of all that the program is made of.

What is locked in requirements.txt is listed by the project's own tool of CycloneDX; the browser
files of every `vendor.toml` are added as packages of npm. `make audit` asks about the same lock.
"""

import json
import subprocess
import sys
from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from tools.vendor import ROOT, File, shelves

MAKER = "cyclonedx-bom==7.5.0"
TO = ROOT / "build" / "punchcard.cdx.json"
NAME = "punchcard"


def of_python(requirements: Path) -> dict[str, Any]:
    """Return the bill of a file of locked requirements; asks the registry for the tool, once."""
    command = [str(Path(sys.executable).with_name("uv")), "tool", "run", "--from", MAKER]
    command += ["cyclonedx-py", "requirements", str(requirements), "--sv", "1.6", "--of", "JSON"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    bill: dict[str, Any] = json.loads(done.stdout)
    return bill


def npm_components(files: Iterable[File]) -> list[dict[str, Any]]:
    """Return one component a package of npm, with the hash of each of its files that is shipped."""
    made = []
    key = itemgetter("name", "version", "licence")
    for (name, version, licence), group in groupby(sorted(files, key=key), key=key):
        purl = f"pkg:npm/{name.replace('@', '%40')}@{version}"
        shipped = {file["file"]: file["sha256"] for file in group}
        made.append(
            {
                "type": "library",
                "bom-ref": purl,
                "name": name,
                "version": version,
                "purl": purl,
                "licenses": [_licence(licence)],
                "components": [
                    {
                        "type": "file",
                        "bom-ref": f"{purl}#{path}",
                        "name": path,
                        "hashes": [{"alg": "SHA-256", "content": digest}],
                    }
                    for path, digest in sorted(shipped.items())
                ],
            }
        )
    return made


def _licence(name: str) -> dict[str, Any]:
    return {"expression": name} if " " in name else {"license": {"id": name}}


def whole(python: dict[str, Any], npm: list[dict[str, Any]], version: str) -> dict[str, Any]:
    """Return one bill of the program: of what Python runs and of what browsers get."""
    itself = {"type": "application", "bom-ref": NAME, "name": NAME, "version": version}
    itself["purl"] = f"pkg:pypi/{NAME}@{version}"
    parts = [*python.get("components", []), *npm]
    above = {"ref": NAME, "dependsOn": sorted(part["bom-ref"] for part in parts)}
    rest = [{"ref": part["bom-ref"]} for part in parts]
    metadata = {**python.get("metadata", {}), "component": itself}
    return {**python, "metadata": metadata, "components": parts, "dependencies": [above, *rest]}


def main() -> int:
    """Write the bill and say where."""
    from punchcard import __version__

    files = [f for shelf in shelves() if "tests" not in shelf.toml.parts for f in shelf.files()]
    bill = whole(of_python(ROOT / "requirements.txt"), npm_components(files), __version__)
    TO.parent.mkdir(exist_ok=True)
    TO.write_text(json.dumps(bill, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{TO.relative_to(ROOT)}: {len(bill['components'])} components")
    return 0


if __name__ == "__main__":
    sys.exit(main())
