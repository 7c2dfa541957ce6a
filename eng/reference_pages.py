#!/usr/bin/env python3
"""Writes the pages of docs/ that list what the sources declare: the Python API, the .NET API and the events of the log.

``reference_pages.py`` writes them; ``pages()`` returns their texts, with which a test compares the files.
"""

import ast
import re
import subprocess
import textwrap
from pathlib import Path
from typing import Iterator, Union

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGE = REPOSITORY / "python" / "gunicorn_prometheus_exporter"

Definition = Union[ast.ClassDef, ast.FunctionDef]

#: The sections of the Python page: the heading, the module to import from, the file, and the names.
SECTIONS = (
    ("Hooks", "", "hooks.py", "default_on_starting default_when_ready default_worker_int default_on_exit redis_when_ready"),
    ("Configuration", "", "config.py", "ExporterConfig load_yaml_config"),
    ("Master", "", "master.py", "PrometheusMaster"),
    ("Metric classes", ".metrics", "metrics.py",
     "WorkerRequests WorkerRequestDuration WorkerMemory WorkerCPU WorkerUptime WorkerFailedRequests WorkerErrorHandling WorkerState "
     "MasterWorkerRestarts BaseMetric"),
    ("The registry", ".metrics", "store_registry.py", "get_shared_registry"),
    ("Forwarders", ".forwarder", "forwarder/__init__.py", "create_redis_forwarder get_forwarder_manager"),
    ("Forwarder classes", ".forwarder", "forwarder/base.py", "BaseForwarder"),
    ("", ".forwarder", "forwarder/redis.py", "RedisForwarder"),
    ("", ".forwarder", "forwarder/manager.py", "ForwarderManager"),
    ("The directory of the store", ".utils", "utils.py", "get_multiprocess_dir ensure_multiprocess_dir"),
    ("Exceptions", ".metrics", "errors.py", "MetricsError"),
    ("Exceptions of settings", ".config", "errors.py", "ConfigurationError"),
)

PYTHON_HEAD = """\
# Python API

On this page you look up the names of the package `gunicorn_prometheus_exporter` that an application or `gunicorn.conf.py` may use. It is
written from the docstrings by `make docs`. The package is typed (`py.typed`). [Migration](migration.md#names) lists the further names
for users of the package of the same name, and [Versions](versions.md) says what may change.
"""

DOTNET_HEAD = """\
# .NET API

On this page you look up the types of the NuGet package `GunicornPrometheusExporter`, which reads a [store](glossary.md#store) from a
.NET program. It is written from the XML docs by `make docs`. The [package's README](../src/Engine/README.md) has an example;
[Versions](versions.md) says what may change.
"""

EVENTS_HEAD = """\
# Events of the log

On this page you look up the log lines of the exporter. It is written from the sources by `make docs`; `{…}` stands for a value of the
event. The lines have no ids: a program that uses the [.NET API](api-dotnet.md) receives the id as `EventId`. [Logs](logs.md) describes the
fields of a line, the lines to alert on, and the lines that the Python code writes.

| Id | Level | Message |
|---|---|---|
"""


def pages() -> "dict[str, str]":
    """Returns the texts of the pages by name."""
    return {"api-python.md": _python_page(), "api-dotnet.md": _dotnet_page(), "log-events.md": _events_page()}


def _python_page() -> str:
    parts = [PYTHON_HEAD]
    for heading, module, file, names in SECTIONS:
        if heading:
            parts.append(f"## {heading}\n\nImport from `gunicorn_prometheus_exporter{module}`.\n")
        tree = ast.parse((PACKAGE / file).read_text())
        found = {node.name: node for node in tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
        parts += [_entry(found[name], found) for name in names.split()]
        if file == "master.py":
            parts.append(_worker_classes())
    return "\n".join(parts)


def _entry(node: Definition, module: "dict[str, Definition]") -> str:
    """Returns the section of a function or of a class, with what it inherits from private classes of its module."""
    if isinstance(node, ast.FunctionDef):
        return f"### {node.name}\n\n`{_signature(node, node.name)}`\n\n{_text(node)}\n"
    bases = [module[base.id] for base in node.bases if isinstance(base, ast.Name) and base.id[0] == "_"]
    members = {member.name: member for owner in (*bases, node) for member in _members(owner)}
    # The members of an arbiter are Gunicorn's.
    rows = [] if node.name == "PrometheusMaster" else [
        f"| `{_signature(member, node.name)}` | {_text(member, 1, wrap=False)} |" for member in members.values()]
    rows += [f"| `{name}: {kind}` | the setting `{name.upper()}` |" for name, kind in _settings(node)]
    table = "\n| Member | Effect |\n|---|---|\n" + "\n".join(rows) + "\n" if rows else ""
    return f"### {node.name}\n\n{_text(node)}\n{table}"


def _members(node: Definition) -> "Iterator[ast.FunctionDef]":
    for member in node.body:
        if isinstance(member, ast.FunctionDef) and ast.get_docstring(member):
            if member.name[0] != "_" or member.name in ("__init__", "_forward_metrics"):
                yield member


def _settings(node: ast.ClassDef) -> "Iterator[tuple[str, str]]":
    """Yields the properties that are declared as ``name = _Setting[type]()``."""
    for member in node.body:
        if isinstance(member, ast.Assign) and isinstance(member.value, ast.Call) and isinstance(member.value.func, ast.Subscript):
            yield ast.unparse(member.targets[0]), ast.unparse(member.value.func.slice)


def _signature(node: ast.FunctionDef, owner: str) -> str:
    is_constructor = node.name == "__init__"
    returned = ast.unparse(node.returns) if node.returns else ""
    if any(ast.unparse(decorator) == "property" for decorator in node.decorator_list):
        return f"{node.name}: {returned}"
    arguments = re.sub(r"^(self|cls)(, )?", "", ast.unparse(node.args)).replace("LabelValue", "Union[str, int]")
    returns = f" -> {returned}" if returned and not is_constructor else ""
    return f"{owner if is_constructor else node.name}({arguments}){returns}".replace("'", "")


def _text(node: Definition, paragraphs: int = 9, wrap: bool = True) -> str:
    """Returns the docstring in Markdown."""
    kept = (ast.get_docstring(node) or "").split("\n\n")[:paragraphs]
    texts = [" ".join(paragraph.split()).replace("``", "`") for paragraph in kept]
    return "\n\n".join(textwrap.fill(text, 138, break_long_words=False) if wrap else text for text in texts)


def _worker_classes() -> str:
    tree = ast.parse((PACKAGE / "plugin.py").read_text())
    (stock,) = (node.value for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_STOCK")
    assert isinstance(stock, ast.Dict)
    rows = []
    for name, value in zip(stock.keys, stock.values):
        assert name and isinstance(value, ast.Call)
        places, extends, needs = (ast.literal_eval(argument) for argument in value.args)
        rows.append(f"| `{ast.literal_eval(name)}` | `{places[0]}.{extends}` | {needs} |")
    return (
        "## Worker classes\n\nName one as `worker_class = \"gunicorn_prometheus_exporter.PrometheusWorker\"`, or derive from it. The "
        "hooks instrument [every other class](worker-classes.md) too.\n\n"
        "| Class | Extends | Needs |\n|---|---|---|\n" + "\n".join(rows) + "\n")


def _dotnet_page() -> str:
    promised = "".join((REPOSITORY / f"src/Engine/PublicAPI.{part}.txt").read_text() for part in ("Shipped", "Unshipped"))
    names = re.findall(r"^(GunicornPrometheusExporter[\w.]*\.)([A-Z]\w*)$", promised, re.MULTILINE)
    parts = [DOTNET_HEAD]
    for space, name in sorted(set(names), key=lambda pair: str(pair[1])):
        (path,) = (REPOSITORY / "src/Engine").glob(f"*/{name}.cs")
        (head, declared), *members = _documented(path.read_text())
        assert re.search(rf"\b{name}\b", declared)
        parts.append(f"## {name}\n\n`{declared}`, namespace `{space.rstrip('.')}`\n\n{textwrap.fill(head, 138)}\n")
        parts.append("| Member | Effect |\n|---|---|")
        parts += [f"| `{code}` | {text} |" for text, code in members if " enum " in declared or code.startswith("public ")]
        parts.append("")
    return "\n".join(parts)


def _documented(source: str) -> "Iterator[tuple[str, str]]":
    """Yields each documented declaration of a C# file, with its text in Markdown before it."""
    pattern = re.compile(
        r"(?P<doc>(?:^ *///.*\n)+)(?P<code>(?:^ *[^\s/{].*\n)+?)(?=^ *[{}]|^ *$|^ *///|^ *public|^ *internal)", re.MULTILINE)
    for match in pattern.finditer(source):
        doc = " ".join(re.sub(r"^ *///", "", match["doc"], flags=re.MULTILINE).split())
        code = re.sub(r" *(=>.*|[,;])$", "", " ".join(match["code"].split())).replace("( ", "(")
        yield _markdown(doc), code


def _markdown(doc: str) -> str:
    """Returns the text of an XML doc comment."""
    text = re.sub(r'<param name="(\w+)">(.*?)</param>', r" `\1`: \2", doc)
    text = re.sub(r"<c>(.*?)</c>", r"`\1`", text)
    text = re.sub(r'<see cref="(?:\w\.)?([\w.]+)" */>', r"`\1`", text)
    text = text.replace("<inheritdoc/>", "See the interface.")
    return " ".join(re.sub(r"</?(summary|remarks|returns)>", " ", text).split())


def _events_page() -> str:
    files = subprocess.run(["git", "ls-files", "src/*.cs"], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout.split()
    pattern = re.compile(r'\[LoggerMessage\((\d+), LogLevel\.(\w+),\s*((?:"(?:[^"\\]|\\.)*"(?:\s*\+\s*)?)+)')
    levels = {"Information": "info", "Warning": "warn", "Error": "error", "Debug": "debug", "Critical": "error"}
    rows = {}
    for file in files:
        for number, level, literals in pattern.findall((REPOSITORY / file).read_text()):
            message = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literals)).replace('\\"', '"')
            assert number not in rows, f"two events have the id {number}"
            rows[number] = f"| {number} | {levels[level]} | `{re.sub(r'{.*?}', '{…}', message)}` |\n"
    return EVENTS_HEAD + "".join(row for _, row in sorted(rows.items()))


if __name__ == "__main__":
    for page, written in pages().items():
        (REPOSITORY / "docs" / page).write_text(written)
