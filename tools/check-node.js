// Runs before any package is installed: plain JavaScript, no dependency.
const { engines } = require("../package.json");

const least = engines.node.replace(">=", "");
const [major, minor] = least.split(".").map(Number);
const [hasMajor, hasMinor] = process.versions.node.split(".").map(Number);
if (hasMajor < major || (hasMajor === major && hasMinor < minor)) {
  console.error(
    `Node.js ${least} or newer is needed, this is ${process.versions.node}: https://nodejs.org/en/download`,
  );
  process.exit(1);
}
