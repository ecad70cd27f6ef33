// Finds what these workflows wrote before: the id of a comment by its first line, the number of an issue by its title.
// Reads gh's JSON from standard input. Anybody may write that line or that title; only the workflows' own count.
const { readFileSync } = require("node:fs");

const [kind, wanted = ""] = process.argv.slice(2);
const found = JSON.parse(readFileSync(0, "utf8"));
const own =
  kind === "comment"
    ? // Pages of comments.
      found.flat().find(({ user, body }) => user?.login === "github-actions[bot]" && body.startsWith(wanted))?.id
    : found.find(({ title, author }) => author?.is_bot && title === wanted)?.number;
console.log(own ?? "");
