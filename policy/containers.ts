import { isWithin, list, type Properties, type Resource, record, text } from "./resource";

export const DOCKER_CONTAINER = "docker:index/container:Container";
export const TASK_DEFINITION = "aws:ecs/taskDefinition:TaskDefinition";

/** Component whose containers run to their end: nobody waits for them to be healthy. */
const ONE_SHOT = "sized-stack:index:Migration";

/** A container of a task definition. */
export interface TaskContainer {
  readonly name: string;
  readonly definition: Properties;
  readonly endsByItself: boolean;
}

/**
 * The containers of a task definition; none for any other resource. They are one text: while one secret among them is
 * not made yet, a preview knows nothing of any, and the update that makes the secret judges them instead.
 */
export function taskContainers(resource: Resource): readonly TaskContainer[] {
  if (resource.type !== TASK_DEFINITION) return [];
  return list(parsed(text(resource.inputs.containerDefinitions))).map((each) => {
    const definition = record(each);
    return { name: text(definition.name) ?? "?", definition, endsByItself: isWithin(resource, ONE_SHOT) };
  });
}

/** Undefined where it is no JSON: AWS refuses that in its own words. */
function parsed(json: string | undefined): unknown {
  if (json === undefined) return undefined;
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
