/** The service a refusal is about; `machine` where it is all of them together. */
export type RefusedPart = "backend" | "celery" | "postgres" | "redis" | "machine";

/** No plan fits this hardware, tier and settings. The message says what is short and what would help. */
export class SizingRefusal extends Error {
  constructor(
    readonly part: RefusedPart,
    /** What ran out. A lack of connections can be cured by a rollout that does not double the backend. */
    readonly lack: "memory" | "connections",
    message: string,
  ) {
    super(message);
    this.name = "SizingRefusal";
  }
}
