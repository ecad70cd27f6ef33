// Starts `explain` from a bundle, made anew when a source is newer: to transpile at every start would take longer
// than all the rest.
const { readdirSync, statSync } = require("node:fs");
const path = require("node:path");

const PROJECT = path.join(__dirname, "..");
const BUNDLE = path.join(PROJECT, "node_modules", ".cache", "sized-stack", "explain.js");
const SOURCES = ["components", "tools", "package-lock.json"];

function newest(file) {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) return stat?.mtimeMs ?? 0;
  return Math.max(0, ...readdirSync(file).map((name) => newest(path.join(file, name))));
}

function bundle() {
  require("esbuild").buildSync({
    entryPoints: [path.join(__dirname, "explain.ts")],
    outfile: BUNDLE,
    bundle: true,
    platform: "node",
    target: "node20",
    // Names of folders in the sources are taken from where they are.
    define: { __dirname: JSON.stringify(path.join(__dirname, "toolchain")) },
    external: ["@pulumi/*"],
    logLevel: "error",
  });
}

if (Math.max(...SOURCES.map((source) => newest(path.join(PROJECT, source)))) > newest(BUNDLE)) bundle();
require(BUNDLE)
  .main()
  .catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
