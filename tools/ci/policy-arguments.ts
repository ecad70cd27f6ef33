import { policyArguments } from "../stack/policy";

// A line each, for the scripts of the workflows.
console.log(policyArguments(process.argv[2] ?? "").join("\n"));
