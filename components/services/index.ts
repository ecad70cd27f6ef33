import { BACKEND } from "./backend";
import { BEAT, CELERY } from "./celery";
import type { ServiceDescriptor } from "./descriptor";
import { LOAD_BALANCER } from "./load-balancer";
import { POSTGRES } from "./postgres";
import { REDIS } from "./redis";

export { BACKEND } from "./backend";
export { BEAT, CELERY } from "./celery";
export type { Program, Running, ServiceDescriptor } from "./descriptor";
export { LOAD_BALANCER } from "./load-balancer";
export { POSTGRES } from "./postgres";
export { REDIS } from "./redis";
export { replacementOf } from "./replacement";

/** Every service of a system, those with data first. */
export const ALL_SERVICES: readonly ServiceDescriptor[] = [POSTGRES, REDIS, BACKEND, CELERY, BEAT, LOAD_BALANCER];

/** The title as it begins a line: `Backend` for `the backend`. */
export function headingOf({ title }: Pick<ServiceDescriptor, "title">): string {
  const words = title.replace(/^the /, "");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
