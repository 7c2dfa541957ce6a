"""A real Redis Cluster on loopback: three masters with a replica each."""

import subprocess
import time
from pathlib import Path
from typing import Iterator

from live_gunicorn import free_port, wait_for
from redis_server import RedisServer

SIZE = 6


class RedisCluster:
    """Six redis-servers, whose slots can be moved and which can be killed."""

    def __init__(self, folder: Path) -> None:
        """Starts the nodes and waits until all slots are served."""
        folder.mkdir()
        self.nodes = [
            RedisServer(
                folder / f"node-{i}", "--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--cluster-port", str(free_port()),
                "--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0")
            for i in range(SIZE)
        ]
        for node in self.nodes:
            node.wait_until_ready()
        self._url = "redis://" + ",".join(f"127.0.0.1:{node.port}" for node in self.nodes[:SIZE // 2])
        created = self.nodes[0].cli(
            "--cluster", "create", *(f"127.0.0.1:{node.port}" for node in self.nodes), "--cluster-replicas", "1", "--cluster-yes")
        assert "All 16384 slots covered" in created, created
        wait_for(self._is_whole, "the cluster")

    @property
    def url(self) -> str:
        """The address of half of the nodes."""
        return self._url

    def master_of(self, slot: int) -> RedisServer:
        """Returns the node that serves a slot."""
        for words in self._masters():
            for served in words[8:]:
                first, _, last = served.partition("-")
                if first.isdigit() and int(first) <= slot <= int(last or first):
                    return self._node(words)
        raise AssertionError(f"no master serves slot {slot}")

    def slot_of(self, key: str) -> int:
        """Returns the slot of a key."""
        return int(self.nodes[0].cli("CLUSTER", "KEYSLOT", key))

    def move(self, slot: int) -> Iterator[str]:
        """Moves a slot to another master, key by key. Yields the state after each step."""
        source = self.master_of(slot)
        target = next(node for words in self._masters() if (node := self._node(words)) is not source)
        ids = {node: node.cli("CLUSTER", "MYID") for node in (source, target)}
        assert target.cli("CLUSTER", "SETSLOT", str(slot), "IMPORTING", ids[source]) == "OK"
        assert source.cli("CLUSTER", "SETSLOT", str(slot), "MIGRATING", ids[target]) == "OK"
        yield "no key has moved"
        for key in source.cli("CLUSTER", "GETKEYSINSLOT", str(slot), "100").split():
            assert source.cli("MIGRATE", "127.0.0.1", str(target.port), key, "0", "5000") in ("OK", "NOKEY")
            yield f"{key} has moved"
        for node in (target, source):
            assert node.cli("CLUSTER", "SETSLOT", str(slot), "NODE", ids[target]) == "OK"
        yield "the slot has moved"

    def reshard(self, slot: int) -> "subprocess.Popen[bytes]":
        """Starts to move the slots of a master, up to and including this one, as an administrator would."""
        source = self.master_of(slot)
        target = next(node for words in self._masters() if (node := self._node(words)) is not source)
        first = min(int(served.partition("-")[0]) for served in next(words for words in self._masters() if self._node(words) is source)[8:])
        return subprocess.Popen(
            ["redis-cli", "--cluster", "reshard", f"127.0.0.1:{source.port}", "--cluster-from", source.cli("CLUSTER", "MYID"),
             "--cluster-to", target.cli("CLUSTER", "MYID"), "--cluster-slots", str(slot - first + 1), "--cluster-yes",
             "--cluster-pipeline", "1"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def lose(self, node: RedisServer) -> None:
        """Kills a master, and waits until its replica has taken over."""
        lost = node.cli("CLUSTER", "MYID")
        self.nodes.remove(node)
        node.kill()
        wait_for(
            lambda: all(
                "cluster_state:ok" in other.cli("CLUSTER", "INFO")
                and not any(words[0] == lost and "fail" in words[2] and len(words) > 8 for words in self._view(other))
                for other in self.nodes),
            "the replica that takes over")

    def end(self) -> None:
        for node in self.nodes:
            node.kill()

    def _masters(self) -> "list[list[str]]":
        for node in self.nodes:
            if found := [words for words in self._view(node) if "master" in words[2] and "fail" not in words[2] and len(words) > 8]:
                return found
            time.sleep(0.05)
        raise AssertionError("no node responds")

    def _node(self, words: "list[str]") -> RedisServer:
        port = int(words[1].partition("@")[0].rpartition(":")[2])
        return next(node for node in self.nodes if node.port == port)

    @staticmethod
    def _view(node: RedisServer) -> "list[list[str]]":
        return [words for line in node.cli("CLUSTER", "NODES").splitlines() if len(words := line.split()) >= 8]

    def _is_whole(self) -> bool:
        return all(
            "cluster_state:ok" in node.cli("CLUSTER", "INFO") and node.cli("CLUSTER", "NODES").count("slave") == SIZE // 2
            and any(state in node.cli("INFO", "replication") for state in ("connected_slaves:1", "master_link_status:up"))
            for node in self.nodes)
