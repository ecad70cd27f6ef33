#!/usr/bin/env bash
# Previews a stack on Docker by its plan before and after, from the settings alone: no state, no credentials.
# HEAD is what the pull request would make, and its first parent is the base.
# Usage: plan-preview.sh STACK FOLDER
set -euo pipefail

stack=$1 folder=$2
here=$(dirname "${BASH_SOURCE[0]}")
mkdir -p "$folder"
: > "$folder/log"

# A stack that sizes itself for the engine at hand is explained for one machine, whatever runs this.
explain() {
  npm run --silent explain -- --stack "$stack" --reference 4x16GiB --json
}

# The base has its own rules, and its own packages where they differ.
base="$folder/base"
explain_base() {
  git worktree add --quiet --detach "$base" HEAD^1
  [[ -e $base/Pulumi.$stack.yaml ]] || return 1
  if cmp --quiet package-lock.json "$base/package-lock.json"; then
    mkdir "$base/node_modules"
    # One by one: explain keeps what it builds in a folder of its own beside them.
    ln -s "$PWD"/node_modules/* "$base/node_modules/"
  else
    (cd "$base" && npm ci --ignore-scripts --loglevel=error >&2)
  fi
  (cd "$base" && explain)
}

arguments=(--head "$folder/head.json")
if explain_base > "$folder/base.json" 2> "$folder/base.log"; then
  arguments+=(--base "$folder/base.json")
fi
status=0
explain > "$folder/head.json" 2>> "$folder/log" || status=$?
"$here/comment.sh" "$stack" "$folder" "${arguments[@]}"
git worktree remove --force "$base" 2> /dev/null || true
if ((status != 0)); then cat "$folder/log" >&2; fi
exit "$status"
