import * as path from "node:path";
import { builderEnvironment } from "../../components/platform/docker/build";
import { ALL_SERVICES } from "../../components/services";
import { contentHash } from "./cache";
import { findProgram, run } from "./command";
import { installDebianPackages } from "./docker-engine";
import type { Need, Progress } from "./need";
import { FROM_PACKAGES, PROJECT } from "./versions";

const STAND_INS = path.join(FROM_PACKAGES, "images");
const BASE_SCRIPT = path.join(STAND_INS, "base.sh");
const APPLICATION = path.join(PROJECT, "examples", "app");
/** Name of the sample application's image in the settings. */
export const APPLICATION_IMAGE = "sized-stack/example-app";

/** Images that services run where none is set. */
export const SERVICE_IMAGES = ALL_SERVICES.flatMap(({ image }) => image ?? []);
export const PYTHON_IMAGE = "python:3.13-slim";

/** An official image, or a stand-in with the same major version and contract. The result is the name to use. */
export function officialImage(name: string): Need<string> {
  const folder = path.join(STAND_INS, name.replace(/:.*/, ""));
  const standIn = `sized-stack/${name}-${contentHash(folder, BASE_SCRIPT)}`;
  return {
    name: `Image ${name}`,
    ways: [
      { name: "here already", take: () => here(name) },
      { name: "stand-in built before", take: () => here(standIn) },
      {
        name: "docker pull",
        async take(progress) {
          await run("docker", ["pull", "--quiet", name], { onLine: progress.detail });
          return name;
        },
      },
      {
        name: "stand-in built from Debian packages",
        async take(progress) {
          await buildImage(folder, standIn, `BASE=${await baseImage(progress)}`, progress);
          return standIn;
        },
      },
    ],
    remedy: `Load the image by hand: docker pull ${name}, or docker load.`,
  };
}

/** The sample application on a Python image. The tag follows the content, so that a change is seen. */
export function applicationImage(pythonImage: string): Need<string> {
  return {
    name: "Image of the sample application",
    ways: [
      { name: "built before", take: async () => here(await tag()) },
      {
        name: "docker build",
        async take(progress) {
          const image = await tag();
          await buildImage(APPLICATION, image, `PYTHON_IMAGE=${pythonImage}`, progress);
          return image;
        },
      },
    ],
    remedy: "The last lines above are docker build's own: examples/app/Dockerfile is what it read.",
  };

  async function tag(): Promise<string> {
    const python = (await run("docker", ["image", "inspect", "--format", "{{.Id}}", pythonImage])).trim();
    return `${APPLICATION_IMAGE}:${contentHash(APPLICATION)}-${python.replace("sha256:", "").slice(0, 12)}`;
  }
}

export async function here(image: string): Promise<string> {
  await run("docker", ["image", "inspect", "--format", "{{.Id}}", image]);
  return image;
}

export async function buildImage(folder: string, image: string, argument: string, progress: Progress): Promise<void> {
  await run("docker", ["build", "--tag", image, "--build-arg", argument, folder], {
    env: await builderEnvironment(),
    onLine: progress.detail,
  });
}

/** A minimal Debian under all stand-ins. */
async function baseImage(progress: Progress): Promise<string> {
  const image = `sized-stack/debian:trixie-${contentHash(BASE_SCRIPT)}`;
  return here(image).catch(async () => {
    if (!findProgram("mmdebstrap")) await installDebianPackages(["mmdebstrap"], progress);
    await run("bash", [BASE_SCRIPT, image], { onLine: progress.detail });
    return image;
  });
}
