"""Sends the demo's load: ``demo_load.py WEB METRICS``, both HOST:PORT. Waits until both answer."""

import http.client
import sys
import time
from concurrent.futures import ThreadPoolExecutor

#: Path, and how many requests of each 20 go there.
MIX = [("/order/{}", 16), ("/missing", 2), ("/broken", 1), ("/crash", 1)]
ROUNDS = 500
SENDERS = 4
START_TIMEOUT = 20.0

#: A busy machine takes its time.
ANSWER_TIMEOUT = 60.0


def status_of(address: str, path: str) -> int:
    """Requests a path and returns the status of the answer."""
    connection = http.client.HTTPConnection(address, timeout=ANSWER_TIMEOUT)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


def wait_for(address: str, path: str) -> None:
    """Returns when the address answers; exits if it does not in time."""
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        try:
            status_of(address, path)
            return
        except OSError as error:
            if time.monotonic() > deadline:
                sys.exit(f"http://{address}{path} does not answer within {START_TIMEOUT:g} s: {error}")
            time.sleep(0.1)


def send(address: str, sender: int) -> None:
    """Sends one sender's share."""
    for number in range(sender, ROUNDS, SENDERS):
        for path, count in MIX:
            for request in range(count):
                status_of(address, path.format(number * 100 + request))


def main() -> None:
    """Waits, then sends."""
    web, metrics = sys.argv[1:]
    wait_for(metrics, "/-/healthy")
    wait_for(web, "/order/0")
    with ThreadPoolExecutor(SENDERS) as pool:
        senders = [pool.submit(send, web, number) for number in range(SENDERS)]
    for sender in senders:
        if error := sender.exception():
            sys.exit(f"a request to http://{web} failed: {error}")
    print(f"Sent {1 + ROUNDS * sum(count for _, count in MIX)} requests.")


if __name__ == "__main__":
    main()
