import { meet } from "../toolchain/need";
import { pulumiCli } from "../toolchain/pulumi-cli";

// The folder with the Pulumi CLI, installed where it is missing, for $GITHUB_PATH.
meet(pulumiCli, { say: console.error, detail: () => {} }).then(
  ({ result }) => console.log(result),
  (error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
);
