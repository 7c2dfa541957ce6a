"""ExporterConfig in Python has the values of the executable."""

import json

import pytest


def test_the_reported_configuration_is_what_the_environment_says(run_python):
    done = run_python(
        "import json\nfrom gunicorn_prometheus_exporter.config import ExporterConfig\nconfig = ExporterConfig()\n"
        "print(json.dumps([config.get_gunicorn_config(), config.get_prometheus_config()]))",
        GUNICORN_WORKERS="7", PROMETHEUS_METRICS_PORT="9292",
    )
    gunicorn, prometheus = json.loads(done.stdout)
    assert gunicorn["workers"] == 7
    assert prometheus["metrics_port"] == 9292


SHOW = """
from gunicorn_prometheus_exporter.config import ConfigurationError, ExporterConfig
config = ExporterConfig()
"""


@pytest.mark.parametrize(("name", "variable", "text", "value"), [
    ("prometheus_metrics_port", "PROMETHEUS_METRICS_PORT", "9292", 9292),
    ("prometheus_bind_address", "PROMETHEUS_BIND_ADDRESS", "127.0.0.2", "127.0.0.2"),
    ("prometheus_multiproc_dir", "PROMETHEUS_MULTIPROC_DIR", "/tmp/a-store", "/tmp/a-store"),
    ("gunicorn_workers", "GUNICORN_WORKERS", "3", 3),
    ("gunicorn_timeout", "GUNICORN_TIMEOUT", "31", 31),
    ("gunicorn_keepalive", "GUNICORN_KEEPALIVE", "4", 4),
    ("redis_enabled", "REDIS_ENABLED", "yes", True),
    ("redis_host", "REDIS_HOST", "redis.internal", "redis.internal"),
    ("redis_port", "REDIS_PORT", "6380", 6380),
    ("redis_db", "REDIS_DB", "2", 2),
    ("redis_password", "REDIS_PASSWORD", "hush", "hush"),
    ("redis_key_prefix", "REDIS_KEY_PREFIX", "p:", "p:"),
    ("redis_forward_interval", "REDIS_FORWARD_INTERVAL", "15", 15),
    ("redis_ttl_seconds", "REDIS_TTL_SECONDS", "300", 300),
    ("redis_ttl_seconds", "REDIS_TTL_SECONDS", "", None),
    ("redis_ttl_disabled", "REDIS_TTL_DISABLED", "true", True),
    ("prometheus_ssl_enabled", "PROMETHEUS_SSL_ENABLED", "false", False),
    ("prometheus_ssl_certfile", "PROMETHEUS_SSL_CERTFILE", "/tls/cert.pem", "/tls/cert.pem"),
    ("prometheus_ssl_keyfile", "PROMETHEUS_SSL_KEYFILE", "/tls/key.pem", "/tls/key.pem"),
    ("prometheus_ssl_client_cafile", "PROMETHEUS_SSL_CLIENT_CAFILE", "/tls/ca.pem", "/tls/ca.pem"),
    ("prometheus_ssl_client_capath", "PROMETHEUS_SSL_CLIENT_CAPATH", "/tls/cas", "/tls/cas"),
    ("prometheus_ssl_client_auth_required", "PROMETHEUS_SSL_CLIENT_AUTH_REQUIRED", "", False),
    ("cleanup_db_files", "CLEANUP_DB_FILES", "off", False),
])
def test_a_property_is_the_typed_value_of_its_variable(run_python, name, variable, text, value):
    done = run_python(SHOW + f"print(repr(config.{name}))", **{variable: text})
    assert done.stdout == f"{value!r}\n", done.stderr


def test_an_invalid_variable_is_reported_and_only_its_property_raises(run_python):
    done = run_python(SHOW + """
print(config.validate(), config.gunicorn_workers)
try:
    config.prometheus_metrics_port
except ConfigurationError as error:
    print(error)
try:
    config.get_prometheus_config()
except ConfigurationError as error:
    print(error)
""", PROMETHEUS_METRICS_PORT="abc")
    first, *errors = done.stdout.splitlines()
    assert first == "False 1"
    assert len(errors) == 2
    assert all("PROMETHEUS_METRICS_PORT" in line and "abc" in line for line in [*errors, done.stderr])


def test_a_password_is_masked_wherever_it_is_printed(run_python):
    done = run_python(SHOW + "config.validate(); config.print_config()", REDIS_PASSWORD="hush")
    assert "REDIS_PASSWORD" in done.stdout
    assert "hush" not in done.stdout + done.stderr


def test_without_the_executable_the_error_says_what_is_missing(run_python):
    done = run_python("""
import gunicorn_prometheus_exporter.executable as executable
import os
executable.executable_path = lambda: "/no-such-executable"
os.environ["PATH"] = "/nowhere"
from gunicorn_prometheus_exporter.config import ConfigurationError, ExporterConfig
try:
    ExporterConfig()
except ConfigurationError as error:
    print(error)
""")
    assert "no-such-executable" in done.stdout
    assert "reinstall the package" in done.stdout
