"""The exporter listens by default in a network that has only IPv6, both, or only IPv4."""

import os
import subprocess
from pathlib import Path

import pytest

from conftest import EXECUTABLE
from live_gunicorn import END_TIMEOUT, wait_for

ONLY_IPV6 = "ip link set lo up; ip -4 addr flush dev lo"
ONLY_IPV4 = "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; ip link set lo up"
BOTH = "ip link set lo up"

IPV4, IPV6 = "http://127.0.0.1:9091/metrics", "http://[::1]:9091/metrics"


def inside(network: str, *command: object) -> list[str]:
    """Returns a command that runs another one in a network namespace of its own."""
    return ["unshare", "--net", "sh", "-ec", f'{network}; exec "$@"', "sh", *map(str, command)]


@pytest.mark.parametrize(
    ("network", "variables", "reached"),
    [
        pytest.param(ONLY_IPV6, {}, {IPV6}, id="only IPv6"),
        pytest.param(BOTH, {}, {IPV4, IPV6}, id="both"),
        pytest.param(ONLY_IPV4, {}, {IPV4}, id="IPv6 disabled"),
        # What the runtime sees where the kernel started with ipv6.disable=1.
        pytest.param(ONLY_IPV4, {"DOTNET_SYSTEM_NET_DISABLEIPV6": "1"}, {IPV4}, id="no IPv6 in the kernel"),
        pytest.param(BOTH, {"PROMETHEUS_BIND_ADDRESS": "0.0.0.0"}, {IPV4}, id="an address of IPv4"),
        pytest.param(BOTH, {"PROMETHEUS_BIND_ADDRESS": "::1"}, {IPV6}, id="an address of IPv6"),
    ])
def test_it_listens_on_every_address_that_the_network_has(
        network: str, variables: dict[str, str], reached: set[str], environment: dict[str, str], tmp_path: Path) -> None:
    if subprocess.run(inside(network, "true"), capture_output=True, check=False).returncode != 0:
        pytest.skip("only root can make network namespaces: THE DEFAULT ADDRESS IS NOT TESTED")
    del environment["PROMETHEUS_BIND_ADDRESS"]
    log = tmp_path / "log"
    with log.open("wb") as output:
        exporter = subprocess.Popen(
            inside(network, EXECUTABLE, "serve"), env={**environment, **variables}, stdin=subprocess.DEVNULL, stdout=output, stderr=output)

    def answers(url: str) -> bool:
        asked = ["nsenter", f"--net=/proc/{exporter.pid}/ns/net", "curl", "-sf", "--noproxy", "*", "-o", os.devnull, url]
        return subprocess.run(asked, check=False, timeout=60).returncode == 0

    try:
        wait_for(lambda: "listening on" in log.read_text() or exporter.poll() is not None, "the exporter")
        assert {url for url in (IPV4, IPV6) if answers(url)} == reached
        # In the pods of an IPv6-only cluster 127.0.0.1 exists too.
        if network == ONLY_IPV6:
            return
        top = ["nsenter", f"--net=/proc/{exporter.pid}/ns/net", str(EXECUTABLE), "top", "--once"]
        assert subprocess.run(top, env={**environment, **variables}, check=False, timeout=60).returncode == 0
    finally:
        exporter.terminate()
        exporter.wait(END_TIMEOUT)
        print(log.read_text())
