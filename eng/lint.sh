#!/usr/bin/env bash
# Checks style and the house rules; everything it prints is a finding, but the last line.
set -uo pipefail
cd "$(dirname "$0")/.."
status=0
finding() { echo "lint: $1"; status=1; }

dotnet build GunicornPrometheusExporter.slnx --nologo -v quiet -clp:NoSummary || finding "the solution does not build without warnings"
dotnet format GunicornPrometheusExporter.slnx whitespace --verify-no-changes --no-restore ||
  finding "white space: run dotnet format whitespace"

/usr/bin/python3 -m compileall -q python tests/python bench examples deploy eng >/dev/null || finding "Python that does not compile"
find . -path ./out -prune -o -name __pycache__ -prune -exec rm -rf {} +
long=$(git ls-files 'src/*.cs' 'python/*.py' 'bench/*.py' 'deploy/*.py' | xargs awk 'length > 140 {print FILENAME ":" FNR}' | head)
[ -z "$long" ] || finding "lines over 140 characters: $long"
# Templates of a chart are no YAML yet.
yamllint --strict -d '{extends: default, rules: {line-length: disable, document-start: disable, comments: {min-spaces-from-content: 1}}}' \
  $(git ls-files '*.yaml' '*.yml' | grep -v /templates/) || finding "YAML that could be better"
for script in $(git ls-files '*.sh' .ci/run); do bash -n "$script" || finding "$script does not parse"; done

[ "$status" -eq 0 ] && echo "lint: clean"
exit "$status"
