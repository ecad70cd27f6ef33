import * as path from "node:path";
import { officialImage, ownImage, PYTHON_IMAGE } from "../../tools/toolchain/images";
import { meet, type Need } from "../../tools/toolchain/need";

const built = async <T>(need: Need<T>): Promise<T> => (await meet(need, { say: () => {}, detail: () => {} })).result;

/** An image with what user data finds on a host, and with shellcheck. */
export async function ec2HostImage(): Promise<string> {
  const base = await built(officialImage(PYTHON_IMAGE));
  const folder = path.join(__dirname, "ec2-host");
  return built(
    ownImage({ name: "EC2 host", repository: "sized-stack/test-ec2-host", folder, base, baseArgument: "BASE" }),
  );
}
