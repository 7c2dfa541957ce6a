"""The page of a hub shows the hosts in the place of workers, from what they forwarded."""

import re
import subprocess
from typing import Any

from conftest import EXECUTABLE
from live_gunicorn import END_TIMEOUT, LiveGunicorn, free_port, wait_for


def test_the_page_of_a_hub_has_its_hosts_and_the_page_of_each_host(start_gunicorn: Any, start_redis: Any, environment: Any) -> None:
    redis = start_redis()
    variables = {"REDIS_URL": f"redis://127.0.0.1:{redis.port}", "GUNICORN_EXPORTER_INSTANCE": "web-1", "REDIS_FORWARD_INTERVAL": "1"}
    server = start_gunicorn(variables={**variables, "REDIS_ENABLED": "true"})
    server.wait_until_served()
    port = free_port()
    hub = subprocess.Popen(
        [str(EXECUTABLE), "hub", "--web.listen-address", f"127.0.0.1:{port}"],
        env={**environment, **variables}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:

        def page(query: str = "") -> str:
            try:
                status, text = LiveGunicorn._request(port, "GET", f"/{query}")
            except ConnectionError:
                return ""
            assert status == 200
            return str(text)

        wait_for(lambda: "1 host live" in page(), "the host")
        wait_for(lambda: "No problem found" in page(), "the verdict, once all workers record")
        assert server.get("/ok") == 200
        wait_for(lambda: "GET /ok" in page(), "the route")
        assert '<a href="?host=web-1"><bdi>web-1</bdi></a>' in page()
        assert "worker_1" not in page()
        wait_for(lambda: "Requests/s, last 15 minutes: all lowest 0.0, highest 0." in page(), "the chart")
        host = page("?host=web-1")
        assert "Gunicorn on web-1" in host and "worker_1" in host and "GET /ok" in host

        for _ in range(40):
            assert server.get("/crash") == 500
        failing = r"{}: \d+ % of the requests of the last 5 minutes failed"
        wait_for(lambda: re.search(failing.format("the fleet"), page()), "the verdict of the fleet")
        assert not re.search(failing.format("web-1"), page())
        wait_for(lambda: re.search(failing.format("web-1"), page("?host=web-1")), "the verdict of the host")

        redis.kill()
        wait_for(lambda: "the hub cannot read the hosts&#x27; snapshots" in page(), "the verdict")
        assert "runbooks#gunicornhubsourcedown" in page()
    finally:
        hub.terminate()
        hub.wait(END_TIMEOUT)
