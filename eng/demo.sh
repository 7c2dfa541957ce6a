#!/bin/sh
# Runs Gunicorn with the exporter and a real Prometheus on free loopback ports, sends a bounded load, prints what
# Prometheus knows of it, and ends everything. KEEP=1 leaves it running. Needs: make build, gunicorn, prometheus.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
python=${PYTHON:-/usr/bin/python3}
work=$(mktemp -d "${TMPDIR:-/tmp}/gunicorn-demo.XXXXXX")
gunicorn_pid=
prometheus_pid=

end() {
    # Only what this script started, by pid.
    for pid in $prometheus_pid $gunicorn_pid; do kill "$pid" 2>/dev/null || true; done
    for pid in $prometheus_pid $gunicorn_pid; do wait "$pid" 2>/dev/null || true; done
    rm -rf "$work"
}

fail() {
    echo "demo: $1; the logs were:" >&2
    tail -n 20 "$work"/*.log >&2
    exit 1
}
trap end EXIT
trap 'exit 1' INT TERM

set -- $("$python" -c 'import socket
sockets = [socket.socket() for _ in range(3)]
for s in sockets: s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))')
web="127.0.0.1:$1" metrics="127.0.0.1:$2" prometheus="127.0.0.1:$3"

cat >"$work/prometheus.yml" <<EOF
global: {scrape_interval: 1s}
scrape_configs:
  - job_name: gunicorn
    static_configs: [{targets: ["$metrics"]}]
EOF

export PYTHONPATH="$root/out/python" PROMETHEUS_MULTIPROC_DIR="$work/store"
export PROMETHEUS_BIND_ADDRESS=127.0.0.1 PROMETHEUS_METRICS_PORT="$2"
"$python" -m gunicorn -c "$root/examples/demo/gunicorn.conf.py" --chdir "$root/examples/demo" -b "$web" app:app \
    >"$work/gunicorn.log" 2>&1 &
gunicorn_pid=$!
prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/tsdb" --web.listen-address="$prometheus" \
    >"$work/prometheus.log" 2>&1 &
prometheus_pid=$!

"$python" "$root/eng/demo_load.py" "$web" "$metrics" || fail "the load could not be sent"
"$python" "$root/eng/demo_table.py" "$prometheus" || fail "Prometheus does not know what it should"

if [ -n "${KEEP:-}" ]; then
    trap - EXIT
    echo
    echo "Application  http://$web/"
    echo "Metrics      http://$metrics/metrics"
    echo "Prometheus   http://$prometheus/"
    echo "To stop:     kill $gunicorn_pid $prometheus_pid && rm -rf $work"
fi
