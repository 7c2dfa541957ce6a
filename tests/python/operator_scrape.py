"""The scrape configuration that Prometheus' operator generates for a PodMonitor or a ServiceMonitor.

Only the discovery is missing: the target's meta labels, which the operator's relabelling reads, are static.
"""

from typing import Any

#: What Prometheus' discovery knows of a port of a pod and of the service in front of it.
_META = {
    "PodMonitor": {
        "__meta_kubernetes_pod_container_port_name": "metrics",
    },
    "ServiceMonitor": {
        "__meta_kubernetes_service_name": "app",
        "__meta_kubernetes_endpoint_port_name": "metrics",
        "__meta_kubernetes_endpoint_address_target_kind": "Pod",
        "__meta_kubernetes_endpoint_address_target_name": "app-0",
    },
}

_POD_META = {
    "__meta_kubernetes_namespace": "shop",
    "__meta_kubernetes_pod_name": "app-0",
    "__meta_kubernetes_pod_container_name": "metrics",
    "__meta_kubernetes_pod_phase": "Running",
}

_FINISHED = {"source_labels": ["__meta_kubernetes_pod_phase"], "regex": "(Failed|Succeeded)", "action": "drop"}

#: The names of a rule's fields in a monitor and in Prometheus' configuration.
_FIELDS = {"sourceLabels": "source_labels", "targetLabel": "target_label"}


def scrape_of(monitor: dict[str, Any], *ports: int) -> dict[str, Any]:
    """Returns the scrape configuration of a monitor's only endpoint, which the pods on these loopback ports serve.

    It never honors labels, as where the Prometheus object has ``overrideHonorLabels``.
    """
    endpoint, = monitor["spec"].get("endpoints") or monitor["spec"]["podMetricsEndpoints"]
    return {
        "job_name": f"{monitor['kind']}/{monitor['metadata']['name']}/0",
        "honor_labels": False,
        "static_configs": [{"targets": [f"127.0.0.1:{port}" for port in ports], "labels": {**_POD_META, **_META[monitor["kind"]]}}],
        "relabel_configs": _generated(monitor, endpoint["port"]) + _rules(endpoint.get("relabelings", [])) + _SHARD,
        "metric_relabel_configs": _rules(endpoint.get("metricRelabelings", [])),
    }


def scrape_of_service(config: dict[str, Any], port: int) -> dict[str, Any]:
    """Returns the scrape configuration of a ScrapeConfig with one target, a service that this loopback port stands for."""
    (group,) = config["spec"]["staticConfigs"]
    (_,) = group["targets"]
    return {
        "job_name": f"scrapeConfig/shop/{config['metadata']['name']}",
        "honor_labels": config["spec"]["honorLabels"],
        "static_configs": [{"targets": [f"127.0.0.1:{port}"]}],
        "relabel_configs": _rules(config["spec"]["relabelings"]) + _SHARD,
    }


_SHARD = [
    {"source_labels": ["__address__"], "target_label": "__tmp_hash", "modulus": 1, "action": "hashmod"},
    {"source_labels": ["__tmp_hash"], "regex": "0", "action": "keep"},
]


def _generated(monitor: dict[str, Any], port: str) -> list[dict[str, Any]]:
    """Returns the rules that the operator puts in front of the monitor's own, in its order, without the selector's."""
    first = {"source_labels": ["job"], "target_label": "__tmp_prometheus_job_name"}
    last = {"target_label": "endpoint", "replacement": port}
    if monitor["kind"] == "PodMonitor":
        return [
            first, _FINISHED,
            {"source_labels": ["__meta_kubernetes_pod_container_port_name"], "regex": port, "action": "keep"},
            _copy("namespace", "namespace"), _copy("pod_container_name", "container"), _copy("pod_name", "pod"),
            {"target_label": "job", "replacement": f"shop/{monitor['metadata']['name']}"},
            last,
        ]
    return [
        first,
        {"source_labels": ["__meta_kubernetes_endpoint_port_name"], "regex": port, "action": "keep"},
        _of_kind("Node", "node"), _of_kind("Pod", "pod"),
        _copy("namespace", "namespace"), _copy("service_name", "service"),
        _copy("pod_name", "pod"), _copy("pod_container_name", "container"), _FINISHED,
        {**_copy("service_name", "job"), "replacement": "${1}"},
        last,
    ]


def _copy(source: str, label: str) -> dict[str, Any]:
    return {"source_labels": [f"__meta_kubernetes_{source}"], "target_label": label}


def _of_kind(kind: str, label: str) -> dict[str, Any]:
    target = "__meta_kubernetes_endpoint_address_target"
    return {
        "source_labels": [f"{target}_kind", f"{target}_name"], "separator": ";", "regex": f"{kind};(.*)",
        "replacement": "${1}", "target_label": label,
    }


def _rules(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{_FIELDS.get(name, name): value for name, value in rule.items()} for rule in rules]
