#compdef gunicorn-prometheus-exporter
# The executable itself says what may come next.
_gunicorn_prometheus_exporter() {
    local -a found
    found=(${(f)"$($words[1] "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)"})
    compadd -- $found || _files
}
compdef _gunicorn_prometheus_exporter gunicorn-prometheus-exporter
