"""Gunicorn as the demo runs it: four workers that are replaced now and then, and the exporter's hooks."""

on_starting = "gunicorn_prometheus_exporter.default_on_starting"
when_ready = "gunicorn_prometheus_exporter.default_when_ready"
worker_int = "gunicorn_prometheus_exporter.default_worker_int"
on_exit = "gunicorn_prometheus_exporter.default_on_exit"

workers = 4
worker_class = "gunicorn_prometheus_exporter.plugin.PrometheusWorker"
max_requests = 1000
max_requests_jitter = 500
