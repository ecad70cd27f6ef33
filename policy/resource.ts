/** Stands for a value that a preview cannot know. It is there; what it is cannot be judged. */
export const UNKNOWN: unique symbol = Symbol("unknown");

export type Properties = Readonly<Record<string, unknown>>;

/** A resource as the program asks for it. */
export interface Resource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly protect: boolean;
  /** Secrets are among them, in clear: a message never quotes a value that could be one. */
  readonly inputs: Properties;
}

/** A resource among the others of its stack. */
export interface StackResource extends Resource {
  /** By input, the URNs of the resources that its value comes from; known in a preview, where the value is not. */
  readonly from: Readonly<Record<string, readonly string[]>>;
}

export interface Violation {
  readonly resource: Resource;
  /** The resource, what is wrong with it, and the remedy. */
  readonly message: string;
}

export interface Rule {
  /** Its name in `policy/config`. */
  readonly name: string;
  /** What holds where the rule is kept, as a sentence. */
  readonly description: string;
  /** What is wrong with one resource, and the remedy. Asked before the resource is touched. */
  readonly resource?: (resource: Resource) => readonly string[];
  /** What is wrong among the resources of a stack. Asked at the end of a preview, and of an update. */
  readonly stack?: (resources: readonly StackResource[]) => readonly Violation[];
}

/** `postgres-volume (docker:Volume)`, for the beginning of a message. */
export const called = ({ name, type }: Resource): string => `${name} (${type.replace(/:.*:/, ":")})`;

/** Whether a component of that type is among those that a resource is a part of. */
export const isWithin = ({ urn }: Resource, component: string): boolean =>
  (urn.split("::")[2] ?? "").split("$").includes(component);

export const record = (value: unknown): Properties =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Properties) : {};
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const amount = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
export const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** Whether a number is given, or will be. */
export const isPositive = (value: unknown): boolean => value === UNKNOWN || (amount(value) ?? 0) > 0;
