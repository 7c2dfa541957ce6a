#!/bin/sh
# Runs Gunicorn with the exporter and a real Prometheus on free loopback ports, sends a bounded load, prints what
# Prometheus has stored, and what to look at. KEEP=1 leaves everything running. Needs: make build, gunicorn, prometheus.
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
echo "demo: Gunicorn with four workers, its exporter, and Prometheus start"
"$python" -m gunicorn -c "$root/examples/demo/gunicorn.conf.py" --chdir "$root/examples/demo" -b "$web" app:app \
    >"$work/gunicorn.log" 2>&1 &
gunicorn_pid=$!
prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/tsdb" --web.listen-address="$prometheus" \
    >"$work/prometheus.log" 2>&1 &
prometheus_pid=$!

echo "demo: requests are sent; some of them fail, and workers are replaced meanwhile (about 20 s)"
"$python" "$root/eng/demo_load.py" "$web" "$metrics" || fail "the load could not be sent"
echo "demo: what Prometheus stored; the counts equal the requests that were sent, although workers were replaced"
echo
"$python" "$root/eng/demo_table.py" "$prometheus" || fail "Prometheus lacks requests"

echo
if [ -n "${KEEP:-}" ]; then
    trap - EXIT
    # Prometheus writes until it ends.
    cat >"$work/stop" <<EOF
kill $gunicorn_pid $prometheus_pid
tries=0
while kill -0 $gunicorn_pid || kill -0 $prometheus_pid; do
    tries=\$((tries + 1))
    [ "\$tries" -le 300 ] || break
    sleep 0.1
done 2>/dev/null
rm -r "$work"
EOF
    cat <<EOF
Everything still runs. Look at:
  the status page       http://$metrics/
  the metrics           http://$metrics/metrics
  Prometheus, requests  http://$prometheus/graph?g0.tab=0&g0.range_input=5m&g0.expr=sum(rate(gunicorn_http_requests_total%5B1m%5D))by(status_code)
  the application       http://$web/order/1, and to see a failure: http://$web/crash
  a terminal            out/gunicorn-prometheus-exporter top $metrics
To stop it:             sh $work/stop
EOF
else
    echo "demo: everything is stopped. make demo KEEP=1 leaves it running and shows the status page and Prometheus."
fi
