# The executable itself says what may come next.
_gunicorn_prometheus_exporter() {
    local IFS=$'\n'
    mapfile -t COMPREPLY < <(compgen -W "$("$1" "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)" -- "$2")
}
complete -o default -F _gunicorn_prometheus_exporter gunicorn-prometheus-exporter
