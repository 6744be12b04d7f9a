#!/usr/bin/env bash
# Makes the vectors anew and compares them with the committed ones; with --write, replaces those.
set -euo pipefail
cd "$(dirname "$0")"
committed=../../packages/core/test/vectors/go-vectors.json

if ! command -v go > /dev/null; then
  echo "go-vectors: skipped, Go is not installed"
  exit 0
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
go run . > "$folder/go-vectors.json"

if [ "${1:-}" = --write ]; then
  cp "$folder/go-vectors.json" "$committed"
  echo "go-vectors: wrote $(wc -l < "$committed") lines"
elif diff -u "$committed" "$folder/go-vectors.json" > "$folder/diff"; then
  echo "go-vectors: $(go version | cut -d' ' -f3) agrees with the committed vectors"
else
  echo "go-vectors: Go disagrees with the committed vectors; the first differences:" >&2
  sed -n 1,40p "$folder/diff" >&2
  echo "go-vectors: to take the new ones: tools/go-vectors/check.sh --write" >&2
  exit 1
fi
