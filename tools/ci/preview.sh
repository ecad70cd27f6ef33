#!/usr/bin/env bash
# Previews a stack in its shared backend, held to the policies, and says whether anything would change.
# Usage: preview.sh STACK FOLDER
set -euo pipefail

stack=$1 folder=$2
here=$(dirname "${BASH_SOURCE[0]}")
mkdir -p "$folder"

node_modules/.bin/tsx "$here/policy-arguments.ts" "$stack" > "$folder/policies"
policies=()
while IFS= read -r argument; do policies+=("$argument"); done < "$folder/policies"

status=0
# The flag for the events, which alone say what a policy has against a change, is one for debugging.
PULUMI_DEBUG_COMMANDS=true pulumi preview --stack "$stack" --json --show-sames --non-interactive \
  --event-log "$folder/events.jsonl" "${policies[@]}" \
  > "$folder/preview.json" 2> "$folder/log" || status=$?
touch "$folder/events.jsonl"
"$here/comment.sh" "$stack" "$folder" "$folder/preview.json" --events "$folder/events.jsonl" --log "$folder/log"
if ((status != 0)); then
  cat "$folder/log" >&2
  exit "$status"
fi

# shellcheck disable=SC2016 # JavaScript's, not the shell's.
changes=$(node -e 'const { changeSummary = {} } = JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8"));
console.log(Object.keys(changeSummary).some((op) => op !== "same"));' "$folder/preview.json")
echo "changes=$changes" >> "${GITHUB_OUTPUT:-/dev/stdout}"
