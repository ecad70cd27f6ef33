import * as path from "node:path";
import { meet } from "./need";
import { installedPulumi } from "./pulumi-cli";

/**
 * What plain `pulumi` needs in its environment here, beyond what is set already. The development stack's
 * passphrase is empty, unless the user has one set.
 * @throws Error where `prepare` never ran and there is no Pulumi CLI.
 */
export async function pulumiEnvironment(): Promise<Record<string, string>> {
  const { result: folder } = await meet(installedPulumi, { say: () => {}, detail: () => {} });
  const { PATH = "", PULUMI_CONFIG_PASSPHRASE, PULUMI_CONFIG_PASSPHRASE_FILE } = process.env;
  const onPath = PATH.split(path.delimiter).includes(folder);
  const noPassphrase = PULUMI_CONFIG_PASSPHRASE === undefined && PULUMI_CONFIG_PASSPHRASE_FILE === undefined;
  return {
    ...(onPath ? {} : { PATH: `${folder}${path.delimiter}${PATH}` }),
    ...(noPassphrase ? { PULUMI_CONFIG_PASSPHRASE: "" } : {}),
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
}
