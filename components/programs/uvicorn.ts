import type { BackendPlan } from "../sizing";
import { type DerivedSettings, derivedValues } from "./derived";

/** Port uvicorn listens on inside its container. */
export const UVICORN_PORT = 8000;

/** Options of uvicorn that the plan derives. */
export const UVICORN_SETTINGS = {
  workers: "workersPerInstance",
  loop: "loop",
  http: "http",
  "limit-concurrency": "limitConcurrency",
  backlog: "backlog",
  "timeout-keep-alive": "timeoutKeepAlive",
  "timeout-graceful-shutdown": "timeoutGracefulShutdown",
  "timeout-worker-healthcheck": "timeoutWorkerHealthcheck",
  "ws-per-message-deflate": "wsPerMessageDeflate",
  "ws-max-size": "wsMaxSizeBytes",
} as const satisfies DerivedSettings<BackendPlan>;

/** The command line of one backend container. */
export function uvicornArgv(plan: BackendPlan, app: string, further: readonly string[] = []): string[] {
  const derived = derivedValues(UVICORN_SETTINGS, plan, { mebibytes: "", on: "true", off: "false" });
  const options = { host: "0.0.0.0", port: String(UVICORN_PORT), ...derived };
  return ["uvicorn", app, ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]), ...further];
}
