import { readFileSync } from "node:fs";
import * as path from "node:path";
import packageJson from "../../package.json";

export const PROJECT = path.join(__dirname, "..", "..");
/** Everything that is built where only package registries are reachable. */
export const FROM_PACKAGES = path.join(__dirname, "from-packages");

/** The Pulumi CLI this project is tested with, as the Go module that builds it says. */
export const PULUMI_CLI_VERSION = required(
  /pulumi\/pkg\/v3 v(\S+)/.exec(readFileSync(path.join(FROM_PACKAGES, "pulumi-cli", "go.mod"), "utf8"))?.[1],
  "from-packages/pulumi-cli/go.mod",
);

/** The Node package of the Pulumi engine. */
export const PULUMI_SDK_VERSION = packageJson.dependencies["@pulumi/pulumi"];

/** The Docker provider must be the one its Node package was made for. */
export const DOCKER_PROVIDER_VERSION = packageJson.dependencies["@pulumi/docker"];

function required(value: string | undefined, where: string): string {
  if (value === undefined) throw new Error(`no version found in ${where}`);
  return value;
}
