"""Gunicorn with the exporter, which serves http://127.0.0.1:9091/metrics."""

import os

os.environ.setdefault("PROMETHEUS_BIND_ADDRESS", "127.0.0.1")

bind = "127.0.0.1:8000"
workers = 4

on_starting = "gunicorn_prometheus_exporter.default_on_starting"
when_ready = "gunicorn_prometheus_exporter.default_when_ready"
worker_int = "gunicorn_prometheus_exporter.default_worker_int"
on_exit = "gunicorn_prometheus_exporter.default_on_exit"
