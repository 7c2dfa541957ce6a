# Sourced: shows that something still runs.

# Waits for $1 seconds without a child process, which would outlive a kill.
pause() { read -rt "$1" <> <(:) || :; }

# Ends a loop in the background, without bash's line about it.
end_ticker() {
  kill "$1"
  wait "$1" 2>/dev/null || :
}

# Runs a command, prints what it is, $1, every 20 s how long it has run, and how long it took.
with_progress() {
  local what=$1 start=$SECONDS ticker status=0
  shift
  echo "$what"
  while pause 20; do echo "$what: still running after $((SECONDS - start)) s"; done &
  ticker=$!
  "$@" || status=$?
  end_ticker "$ticker"
  [ "$status" -ne 0 ] || echo "$what: $((SECONDS - start)) s"
  return "$status"
}

# Prints how far each runner is that has a log in the folder $1 and no count of its tests yet.
# A .NET suite prints nothing before its end.
show_progress() {
  local log name done total
  for log in "$1"/*.log; do
    name=$(basename "$log" .log)
    [ -e "$log" ] && [ ! -e "$1/$name.count" ] || continue
    total=$(sed -nE 's/.*[^ ]+ \[([0-9]+)( items)?\].*/\1/p' "$log" | head -n 1)
    done=$(sed -nE 's/^([.sxXFE]+)( *\[ *[0-9]+%\])?$/\1/p' "$log" | tr -d '\n' | wc -c)
    echo "test: $name: ${total:+$done of $total tests done, }$SECONDS s since the start"
  done
}
