#!/usr/bin/env bash
# Keeps one issue on a stack's drift: opened or rewritten where there is some, closed where there is none.
# Usage: drift-issue.sh STACK found|none FOLDER (with GH_TOKEN, GITHUB_REPOSITORY, RUN_URL)
set -euo pipefail

stack=$1 drift=$2 folder=$3
here=$(dirname "${BASH_SOURCE[0]}")
title="Drift in $stack"
number=$(gh issue list --repo "$GITHUB_REPOSITORY" --state open --limit 1000 --json number,title,author |
  node "$here/own.js" issue "$title")

if [[ $drift == none ]]; then
  [[ -n $number ]] || exit 0
  gh issue close "$number" --repo "$GITHUB_REPOSITORY" --comment "What runs is again what the program says: $RUN_URL"
  exit 0
fi

{
  printf 'What runs in AWS is not what the program and Pulumi.%s.yaml say. ' "$stack"
  printf 'Deploying puts it back (docs/workflows.md); where it was meant, bring the program to it instead.\n\n'
  # GitHub takes 65,536 characters.
  head -c 60000 "$folder/comment.md"
  printf '\n\nLast seen by %s\n' "$RUN_URL"
} > "$folder/issue.md"
if [[ -n $number ]]; then
  gh issue edit "$number" --repo "$GITHUB_REPOSITORY" --body-file "$folder/issue.md"
else
  gh issue create --repo "$GITHUB_REPOSITORY" --title "$title" --body-file "$folder/issue.md"
fi
