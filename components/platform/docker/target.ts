import type { LoadedSettings } from "../../settings";
import { sizingInputs } from "../../settings";
import type { Target } from "../contract/target";
import { localBuild } from "./build";
import { DockerPlatform } from "./docker-platform";
import { dockerHardware } from "./engine";
import { localImages } from "./local-images";
import { engineOpenFiles, openFilesBeside } from "./open-files";

/**
 * The target `docker`: what the engine offers, and the platform on it.
 * @param standIns File with the names of images on this machine that stand in for those of the settings.
 * @throws EngineError or BuildError where no engine answers or nothing is there to build, before anything is made.
 */
export async function dockerTarget(settings: LoadedSettings, prefix: string, standIns: string): Promise<Target> {
  const standIn = localImages(standIns);
  const { port, images, entrance } = settings;
  const { behindTlsProxy } = entrance;
  const openFiles = () =>
    settings.hostNofile === "auto"
      ? engineOpenFiles({ image: standIn(images.haproxy), cache: openFilesBeside(standIns), pull: true })
      : undefined;
  return {
    inputs: sizingInputs(settings, await dockerHardware(settings.hardware), await openFiles()),
    image: (image) => (typeof image === "string" ? standIn(image) : localBuild(image, standIn)),
    refusal: ({ message }) => message,
    platform: () =>
      new DockerPlatform("docker", { prefix, port, haproxyImage: standIn(images.haproxy), behindTlsProxy }),
  };
}
