#!/usr/bin/env bash
# Puts the comment on a stack into the pull request: over the one of an earlier run, found by its hidden first line.
# Usage: sticky-comment.sh STACK FOLDER (with GH_TOKEN, GITHUB_REPOSITORY, PULL_REQUEST, RUN_URL)
set -euo pipefail

stack=$1 comment=$2/comment.md
here=$(dirname "${BASH_SOURCE[0]}")
marker="<!-- sized-stack:preview:$(tr -s - <<< "$stack") -->"
if [[ ! -s $comment ]]; then
  mkdir -p "$2"
  # shellcheck disable=SC2016 # The backticks are Markdown.
  printf '%s\n### `%s`: no preview\n\nThe run ended before there was one: %s\n' "$marker" "$stack" "$RUN_URL" > "$comment"
fi

comments="repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments"
id=$(gh api --paginate --slurp "$comments" | node "$here/own.js" comment "$marker")
if [[ -n $id ]]; then
  gh api --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$id" --field "body=@$comment"
else
  gh api --silent --method POST "$comments" --field "body=@$comment"
fi
