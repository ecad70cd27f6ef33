import * as pulumi from "@pulumi/pulumi";
import { docker, lastLines } from "./command-line";

const PULL_SECONDS = 1800;

/**
 * Pulls an image where it is not there, as `docker pull` does, with the credentials that `docker login` stored.
 * @throws Error with Docker's own words where it cannot be pulled.
 */
export async function pullImage(image: string): Promise<void> {
  if ((await docker(["image", "inspect", image])).code === 0) return;
  const { code, lines } = await docker(["pull", image], {
    timeoutSeconds: PULL_SECONDS,
    onLine: (line) => void pulumi.log.info(line, undefined, undefined, true),
  });
  if (code === 0) return;
  throw new Error(
    [
      `Image ${image} is not on this Docker engine and could not be pulled:`,
      lastLines(lines, 3),
      "Check its name in the settings (images); docker login stores what a private registry asks for.",
    ].join("\n"),
  );
}
