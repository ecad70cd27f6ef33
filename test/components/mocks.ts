import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";

/** A resource as the engine is asked for it. */
export interface Registered {
  readonly name: string;
  readonly type: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** The same resource's options, which mocks do not see. */
export interface Seen {
  readonly name: string;
  readonly type: string;
  readonly options: pulumi.CustomResourceOptions;
}

export interface Registrations {
  readonly registered: readonly Registered[];
  readonly seen: readonly Seen[];
  /** The one resource of this type whose name is `name`, else the one whose name starts so. */
  find(type: string, name: string): Registered & { readonly options: pulumi.CustomResourceOptions };
}

const SECRET_MARKER = "4dabf18193072939515e22adb298388d";

/** Whether an input is wrapped as a secret on its way to the engine. */
export const isSecret = (value: unknown): value is { readonly value: unknown } =>
  typeof value === "object" && value !== null && SECRET_MARKER in value;

// The mock monitor says that it supports hooks, and has no method to register them.
Object.assign(MockMonitor.prototype, {
  registerErrorHook: (_: unknown, done: (error: null, response: object) => void) => done(null, {}),
  registerResourceHook: (_: unknown, done: (error: null, response: object) => void) => done(null, {}),
});

/** What a provider adds to the inputs of a resource that it made; a preview knows none of it. */
export type Computed = (resource: Registered) => Readonly<Record<string, unknown>>;

/** Runs a program against mocks, as a preview or as an update, and tells what it registered. */
export async function register(
  program: (options: pulumi.ComponentResourceOptions) => void | Promise<void>,
  {
    preview = false,
    computed = () => ({}),
    call = () => ({}),
  }: {
    preview?: boolean;
    computed?: Computed;
    /** Answers what the program asks a provider. */
    call?: (args: pulumi.runtime.MockCallArgs) => Record<string, unknown>;
  } = {},
): Promise<Registrations> {
  const registered: Registered[] = [];
  const seen: Seen[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ name, type, inputs }) => {
        registered.push({ name, type, inputs });
        const known = preview ? {} : computed({ name, type, inputs });
        const state = { ...inputs, imageId: "sha256:1", output: inputs.input, ...known };
        return { id: preview ? "" : `${name}-id`, state };
      },
      call,
    },
    "sized-stack",
    "test",
    preview,
  );
  await program({
    transformations: [
      ({ name, type, opts }) => {
        seen.push({ name, type, options: opts });
        return undefined;
      },
    ],
  });
  await pulumi.runtime.disconnect();
  return {
    registered,
    seen,
    find(type, name) {
      const ofType = registered.filter((one) => one.type === type);
      const exact = ofType.filter((one) => one.name === name);
      const matches = exact.length > 0 ? exact : ofType.filter((one) => one.name.startsWith(name));
      const [resource] = matches;
      if (!resource || matches.length > 1) throw new Error(`${matches.length} of type ${type} are named ${name}`);
      const options = seen.find((one) => one.name === resource.name && one.type === type)?.options ?? {};
      return { ...resource, options };
    },
  };
}
