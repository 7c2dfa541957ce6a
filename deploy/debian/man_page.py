"""Writes the manual page of the executable from its --help. Arguments: the executable, its version."""

import re
import subprocess
import sys
from typing import Dict, List, Tuple

NAME = "gunicorn-prometheus-exporter"
ROW = re.compile(r"  (\S.*?)  +(\S.*)")


def help_of(executable: str, *command: str) -> Dict[str, List[str]]:
    """Returns the lines of each section of a command's help, by the section's title."""
    text = subprocess.run([executable, *command, "--help"], check=True, capture_output=True, text=True).stdout
    sections: Dict[str, List[str]] = {}
    for line in text.splitlines():
        if line.endswith(":") and not line.startswith(" "):
            sections[line[:-1]] = []
        elif line.strip():
            sections[list(sections)[-1]].append(line)
    return sections


def rows(sections: Dict[str, List[str]], title: str) -> List[Tuple[str, str]]:
    """Returns what a section lists: a command or an option, and what it does."""
    found = [ROW.fullmatch(line) for line in sections.get(title, [])]
    return [(row[1], row[2]) for row in found if row]


def escape(text: str) -> str:
    """Returns a text as troff reads it."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text.startswith((".", "'")) else text


def entry(name: str, text: str) -> str:
    """Returns a paragraph under a name."""
    return f".TP\n.B {escape(name)}\n{escape(text)}\n"


def page(executable: str, version: str) -> str:
    """Returns the page."""
    root = help_of(executable)
    parts = [
        f'.TH {NAME.upper().replace("-", chr(92) + "-")} 1 "" "{version}" "User Commands"\n',
        f".SH NAME\n{escape(NAME)} \\- {escape(root['Description'][0].strip().rstrip('.'))}\n",
        f".SH SYNOPSIS\n.B {escape(NAME)}\n.I command\n.RI [ options ]\n",
        ".SH COMMANDS\n",
    ]
    for usage, description in rows(root, "Commands"):
        command = usage.split()[0]
        parts.append(f".SS {escape(usage)}\n{escape(description)}.\n")
        options = help_of(executable, command)
        parts += [entry(option, text) for option, text in rows(options, "Arguments") + rows(options, "Options") if "--help" not in option]
    parts.append(
        ".SH ENVIRONMENT\nEvery setting is a variable of the environment; the command\n.B config\nlists their values and sources.\n")
    parts.append(".SH EXIT STATUS\n" + entry("0", "The command succeeded.")
                 + entry("1", "The command failed and printed the reason, or check found a problem.")
                 + entry("2", "An option or a setting is invalid."))
    parts.append(
        ".SH FILES\n" + entry("/etc/default/" + NAME, "The variables and flags of the service.")
        + entry(f"/etc/default/{NAME}-hub", "The variables and flags of the service of the hub.")
        + entry("/run/" + NAME, "The store of the service, unless PROMETHEUS_MULTIPROC_DIR names another.")
        + entry("/usr/share/" + NAME, "Dashboards of Grafana, and rules of Prometheus.")
        + entry(f"/usr/share/doc/{NAME}/examples", "A configuration with every setting, and files for Gunicorn, systemd and Prometheus."))
    parts.append(".SH SEE ALSO\n.BR prometheus (1),\n.BR gunicorn (1)\n")
    return "".join(parts)


if __name__ == "__main__":
    sys.stdout.write(page(sys.argv[1], sys.argv[2]))
