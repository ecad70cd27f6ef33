import { taskContainers } from "../containers";
import { called, type Rule, text } from "../resource";

const DIGEST = /@sha256:[0-9a-f]{64}$/;

export const imageDigest: Rule = {
  name: "image-digest",
  description: "What ECS runs is named by its digest, so that what was previewed is what runs.",
  resource: (resource) =>
    taskContainers(resource).flatMap(({ name, definition }) => {
      const image = text(definition.image);
      if (image === undefined || DIGEST.test(image)) return [];
      return [
        `${called(resource)}: container ${name} runs ${image}, a name that may mean another image tomorrow. ` +
          `Name ${image.split("@")[0]}@sha256:… (docker buildx imagetools inspect prints it).`,
      ];
    }),
};
