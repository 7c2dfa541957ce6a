"""The migration page names every name of the package of the same name, and no name that does not work."""

import re

import pytest

from pages import PAGES
from test_namesake import THEIRS

PAGE = PAGES["docs/migration.md"].text

#: Settings and families of the package of the same name, from its documentation.
VARIABLES = (
    "PROMETHEUS_METRICS_PORT PROMETHEUS_BIND_ADDRESS PROMETHEUS_MULTIPROC_DIR GUNICORN_WORKERS GUNICORN_TIMEOUT GUNICORN_KEEPALIVE "
    "REDIS_ENABLED REDIS_HOST REDIS_PORT REDIS_DB REDIS_PASSWORD REDIS_KEY_PREFIX CLEANUP_DB_FILES GUNICORN_BIND "
    "GUNICORN_WORKER_CLASS PROMETHEUS_CONFIG_FILE REDIS_TTL_SECONDS REDIS_TTL_DISABLED PROMETHEUS_SSL_CERTFILE PROMETHEUS_SSL_KEYFILE "
    "PROMETHEUS_SSL_CLIENT_CAFILE PROMETHEUS_SSL_CLIENT_CAPATH PROMETHEUS_SSL_CLIENT_AUTH_REQUIRED SIDECAR_MODE "
    "SIDECAR_UPDATE_INTERVAL PROMETHEUS_REDIS_URL")
FAMILIES = (
    "gunicorn_worker_requests_total gunicorn_worker_memory_bytes gunicorn_worker_failed_requests_total "
    "gunicorn_worker_error_handling_total gunicorn_worker_state gunicorn_worker_restart_total gunicorn_worker_restart_count_total "
    "gunicorn_master_worker_restart_total gunicorn_master_worker_restart_count_total gunicorn_sidecar_uptime_seconds "
    "gunicorn_sidecar_multiproc_dir_size_bytes gunicorn_sidecar_multiproc_files_count gunicorn_sidecar_redis_connected")

#: Names that the row of "the other metric classes" covers.
COVERED = re.compile(r"^Worker|^MasterWorkerRestarts$")


def rows(heading: str) -> dict[str, str]:
    """Returns the status of each name in the table under a heading."""
    section = PAGE.partition(f"### {heading}\n")[2].partition("\n### ")[0]
    found = {}
    for row in re.findall(r"^\| (`.*?) \| (works|bridged|differs) \|", section, re.MULTILINE):
        found.update({name.rpartition(".")[2]: row[1] for name in re.findall(r"`([\w.]+)`", row[0])})
    return found


@pytest.mark.parametrize("module", THEIRS)
def test_every_name_has_a_row(module):
    assert [name for name in THEIRS[module].split() if name not in rows("Names") and not COVERED.match(name)] == []


def test_every_name_with_a_row_is_theirs():
    known = {name for names in THEIRS.values() for name in names.split()} | {"worker_class"}
    assert set(rows("Names")) - known == set()


def test_every_variable_and_family_is_on_the_page():
    assert [name for name in VARIABLES.split() if name not in rows("Environment variables")] == []
    assert [name for name in FAMILIES.split() if not re.search(rf"\b{name}\b", PAGE)] == []
