// Where Pulumi starts the policy pack. It would check the types of a TypeScript entry at every preview, for seconds;
// `make test` checks them, and here esbuild only takes them away.
const { readFileSync } = require("node:fs");
const { transpile } = require("../tools/transpiler").create();

require.extensions[".ts"] = (module, fileName) =>
  module._compile(transpile(readFileSync(fileName, "utf8"), { fileName }).outputText, fileName);
require("./pack");
