#!/usr/bin/env bash
# Looks whether what runs is what the program and its settings say: drift=none, or drift=found with a comment on it.
# Usage: drift.sh STACK FOLDER
set -euo pipefail

stack=$1 folder=$2
here=$(dirname "${BASH_SOURCE[0]}")
mkdir -p "$folder"

# What pulumi ends with where it expected no changes and there are some.
changes_found=7
status=0
PULUMI_DEBUG_COMMANDS=true pulumi preview --refresh --expect-no-changes --stack "$stack" --json --show-sames \
  --non-interactive --event-log "$folder/events.jsonl" > "$folder/preview.json" 2> "$folder/log" || status=$?
touch "$folder/events.jsonl"
case $status in
  0) echo "drift=none" >> "${GITHUB_OUTPUT:-/dev/stdout}" ;;
  "$changes_found")
    # Only says that there are changes; the comment says which.
    : > "$folder/log"
    "$here/comment.sh" "$stack" "$folder" "$folder/preview.json" --events "$folder/events.jsonl"
    echo "drift=found" >> "${GITHUB_OUTPUT:-/dev/stdout}"
    ;;
  *)
    "$here/comment.sh" "$stack" "$folder" "$folder/preview.json" --events "$folder/events.jsonl" --log "$folder/log"
    cat "$folder/log" >&2
    exit "$status"
    ;;
esac
