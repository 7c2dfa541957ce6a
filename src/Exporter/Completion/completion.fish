# The executable itself says what may come next.
complete -c gunicorn-prometheus-exporter \
    -a '(gunicorn-prometheus-exporter "[suggest:"(commandline -C)"]" (commandline -cp) 2>/dev/null)'
