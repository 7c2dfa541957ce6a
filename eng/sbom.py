"""Writes what is linked into the product as a bill of materials: CycloneDX 1.6 as JSON.

Packages are those of the lock files, the runtime is that which was restored.

Arguments: the version of the product, and the file to write. Run by ``make dist``, after a restore.
"""

import json
import os
import sys
import xml.etree.ElementTree
from typing import Any, Iterable, Optional

PROJECTS = ("src/Exporter", "src/PythonModule")

#: Work at build time and leave nothing of themselves in what is built.
TOOLS = {"Grpc.Tools", "Microsoft.CodeAnalysis.BannedApiAnalyzers", "Microsoft.CodeAnalysis.PublicApiAnalyzers",
         "Microsoft.NET.ILLink.Tasks"}
NAME = "gunicorn-prometheus-exporter"


def packages() -> "dict[str, dict[str, Any]]":
    """Returns the packages by name."""
    found = {}
    for project in PROJECTS:
        for entries in read(f"{project}/packages.lock.json")["dependencies"].values():
            for name, entry in entries.items():
                if entry["type"] != "Project" and name not in TOOLS:
                    found.setdefault(name, {**entry, "dependencies": {}})["dependencies"].update(entry.get("dependencies", {}))
        for framework in read(f"{project}/obj/project.assets.json")["project"]["frameworks"].values():
            for pack in framework["downloadDependencies"]:
                if ".Runtime." in pack["name"]:
                    version = pack["version"].strip("[]").partition(",")[0]
                    found[pack["name"]] = {"type": "Direct", "resolved": version, "dependencies": {}}
    return found


def read(path: str) -> Any:
    """Returns what a file of JSON holds."""
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def purl(name: str, package: "dict[str, Any]") -> str:
    """Returns the package's URL, which also is its reference."""
    return f"pkg:nuget/{name}@{package['resolved']}"


def references(found: "dict[str, dict[str, Any]]", names: "Iterable[str]") -> "list[str]":
    """Returns the references of packages, in order."""
    return [purl(name, found[name]) for name in sorted(names)]


def licence(name: str, version: str) -> Optional[str]:
    """Returns the SPDX expression that the restored package carries."""
    cache = os.environ.get("NUGET_PACKAGES") or os.path.expanduser("~/.nuget/packages")
    nuspec = os.path.join(cache, name.lower(), version.lower(), f"{name.lower()}.nuspec")
    for element in xml.etree.ElementTree.parse(nuspec).iter():
        if element.tag.rpartition("}")[2] == "license" and element.get("type") == "expression":
            return element.text
    return None


def component(name: str, package: "dict[str, Any]") -> "dict[str, Any]":
    """Returns what is said of one package."""
    expression = licence(name, package["resolved"])
    return {
        "type": "library", "bom-ref": purl(name, package), "name": name, "version": package["resolved"],
        "purl": purl(name, package),
        **({"licenses": [{"expression": expression}]} if expression else {}),
        **({"properties": [{"name": "nuget:contentHash", "value": package["contentHash"]}]} if "contentHash" in package else {}),
    }


def bill(version: str) -> "dict[str, Any]":
    """Returns the bill of materials."""
    found = dict(sorted(packages().items()))
    product = f"pkg:generic/{NAME}@{version}"
    direct = [name for name, package in found.items() if package["type"] != "Transitive"]
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {"component": {
            "type": "application", "bom-ref": product, "name": NAME, "version": version, "purl": product,
            "licenses": [{"expression": "MIT"}],
        }},
        "components": [component(name, package) for name, package in found.items()],
        "dependencies": [
            {"ref": product, "dependsOn": references(found, direct)},
            *({"ref": purl(name, package), "dependsOn": references(found, found.keys() & package["dependencies"])}
              for name, package in found.items()),
        ],
    }


def main(version: str, path: str) -> None:
    """Writes it."""
    with open(path, "w", encoding="utf-8") as out:
        json.dump(bill(version), out, indent=2)
        out.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
