#!/usr/bin/env bash
# Writes comment.md and the summary of the job from what a preview left behind. Where no comment can be made of it, the
# last lines of its log are the comment.
# Usage: comment.sh STACK FOLDER ARGUMENTS-OF-PR-COMMENT...
set -euo pipefail

stack=$1 folder=$2
shift 2
if ! npm run --silent pr-comment -- "$@" --stack "$stack" --full "$folder/full.md" > "$folder/comment.md" 2>> "$folder/log"; then
  {
    printf '<!-- sized-stack:preview:%s -->\n' "$(tr -s - <<< "$stack")"
    # shellcheck disable=SC2016 # The backticks are Markdown.
    printf '### `%s`: the preview failed\n\n```text\n' "$stack"
    tail -n 40 "$folder/log" | tr -d '`' | cut -c 1-500
    printf '```\n'
  } > "$folder/comment.md"
  cp "$folder/comment.md" "$folder/full.md"
fi
cat "$folder/full.md" >> "${GITHUB_STEP_SUMMARY:-/dev/stdout}"
