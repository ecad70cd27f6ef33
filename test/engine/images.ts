import * as path from "node:path";
import { localImages } from "../../components/platform/docker/local-images";
import { contentHash } from "../../tools/toolchain/cache";
import { run } from "../../tools/toolchain/command";
import { buildImage, here } from "../../tools/toolchain/images";
import { PROJECT } from "../../tools/toolchain/versions";

/** An image of the settings, by its name on this machine. */
export const localImage = localImages(path.join(PROJECT, ".local", "images.json"));

/** An image that only tests use, made of Debian packages on an image that is here anyway, and kept for the next run. */
export async function testImage(name: "ec2-host" | "machine" | "registry"): Promise<string> {
  const folder = path.join(__dirname, "images", name);
  const image = `sized-stack/test-${name}:${contentHash(folder)}`;
  const base = `BASE=${localImage("haproxy:3.0")}`;
  await here(image).catch(() => buildImage(folder, image, base, { say: () => {}, detail: () => {} }));
  return image;
}

/** The same content as another image, as a new release has. */
export async function newRelease(image: string, name: string): Promise<void> {
  const container = (await run("docker", ["create", image])).trim();
  await run("docker", ["commit", "--change", "LABEL release=two", container, name]);
  await run("docker", ["rm", "--volumes", container]);
}
