import * as path from "node:path";
import { Listr, type ListrTask } from "listr2";
import { dockerEngine } from "./docker-engine";
import { dockerProvider } from "./docker-provider";
import { APPLICATION_IMAGE, applicationImage, officialImage, PYTHON_IMAGE, SERVICE_IMAGES } from "./images";
import { writeLocalImages } from "./local-images";
import { meet, type Need } from "./need";
import { pulumiCli } from "./pulumi-cli";

/**
 * Finds or sets up what a stack on EC2 needs: the Pulumi CLI, which fetches the AWS provider by itself.
 * @throws Error with why no way to it works, and what to install.
 */
export async function preparePulumi(): Promise<void> {
  const { way } = await meet(pulumiCli, { say: console.error, detail: () => {} });
  console.error(`${pulumiCli.name}: ${way}`);
}

/**
 * Finds or sets up everything the project runs on, and says which way each need was met.
 * @throws Error with every need that no way met, and what to install or set.
 */
export async function prepare(): Promise<void> {
  let pulumiFolder = "";
  let pythonImage: string = PYTHON_IMAGE;
  const localImages: Record<string, string> = {};
  const useImage = (name: string) => (image: string) => {
    if (image !== name) localImages[name] = image;
  };

  const failures: Error[] = [];
  const step = <T>(need: () => Need<T>, use: (result: T) => void = () => {}): ListrTask => ({
    title: need().name,
    async task(_, task) {
      const { name } = need();
      try {
        const show = (line: string) => {
          task.output = line;
        };
        const { way, result } = await meet(need(), { say: show, detail: process.stdout.isTTY ? show : () => {} });
        use(result);
        task.title = `${name}: ${way}`;
      } catch (error) {
        if (error instanceof Error) failures.push(error);
        throw new Error(`${name}: no way to it works here`);
      }
    },
  });
  const chain = (title: string, steps: ListrTask[]): ListrTask => ({
    title,
    task: (_, task) => task.newListr(steps, { concurrent: false, exitOnError: true }),
  });

  const needs = [
    chain("Pulumi", [
      step(
        () => pulumiCli,
        (folder) => {
          pulumiFolder = folder;
        },
      ),
      step(() => dockerProvider(path.join(pulumiFolder, "pulumi"))),
    ]),
    chain("Docker", [
      step(() => dockerEngine),
      ...SERVICE_IMAGES.map((name) => step(() => officialImage(name), useImage(name))),
      step(
        () => officialImage(PYTHON_IMAGE),
        (image) => {
          pythonImage = image;
          useImage(PYTHON_IMAGE)(image);
        },
      ),
      step(() => applicationImage(pythonImage), useImage(APPLICATION_IMAGE)),
    ]),
  ];
  await new Listr(needs, {
    concurrent: true,
    exitOnError: false,
    collectErrors: false,
    rendererOptions: { collapseSubtasks: false, showErrorMessage: false },
    fallbackRenderer: "simple",
  }).run();
  if (failures.length > 0) throw new Error(failures.map(({ message }) => message).join("\n\n"));
  writeLocalImages(localImages);
}
