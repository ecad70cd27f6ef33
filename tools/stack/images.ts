import { run } from "../toolchain/command";

/** Removes the images that were made here: stand-ins, the sample application, and what the stack was built from. */
export async function removeMadeImages(prefix: string): Promise<void> {
  const made = ["sized-stack/*", `${prefix}/app`].map((name) => `--filter=reference=${name}`);
  const images = await run("docker", ["image", "ls", "--format", "{{.Repository}}:{{.Tag}}", ...made]);
  // Without force Docker keeps one that a container of another stack, or of another copy of the project, still uses.
  for (const image of images.split("\n").filter(Boolean)) {
    await run("docker", ["image", "rm", image]).catch(() => undefined);
  }
}
