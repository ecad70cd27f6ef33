import type { BackendPlan } from "../sizing";
import { type DerivedSettings, derivedValues } from "./derived";
import type { ServiceDescriptor } from "./descriptor";

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

/** The ASGI application where none is set, as uvicorn names it. */
export const ASGI_APP = "app.main:app";

/** The command line of one backend container. */
export function uvicornArgv(plan: BackendPlan, app: string, further: readonly string[] = []): string[] {
  const derived = derivedValues(UVICORN_SETTINGS, plan, { mebibytes: "", on: "true", off: "false" });
  const options = { host: "0.0.0.0", port: String(UVICORN_PORT), ...derived };
  return ["uvicorn", app, ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]), ...further];
}

export const BACKEND = {
  name: "backend",
  title: "the backend",
  section: "backend",
  component: "sized-stack:index:Backend",
  replacement: "start-first",
  restart: "some seconds without an answer",
  running: ({ backend }) => ({
    containers: backend.instances,
    ...backend,
    inShort: `${backend.workersPerInstance} workers, pool ${backend.poolSize} + ${backend.maxOverflow} each`,
  }),
  program: {
    service: "backend",
    takes: "arguments",
    derived: UVICORN_SETTINGS,
    reserved: {
      host: "uvicorn listens on all addresses of its container",
      port: "the port is the load balancer's: set port",
      fd: "uvicorn listens on its port",
      uds: "uvicorn listens on its port",
      reload: "it runs one worker, whatever was sized",
      "reload-dir": "it belongs to --reload, which runs one worker",
      "reload-include": "it belongs to --reload, which runs one worker",
      "reload-exclude": "it belongs to --reload, which runs one worker",
      "reload-delay": "it belongs to --reload, which runs one worker",
      "forwarded-allow-ips": "the load balancer's addresses are trusted, and they alone",
    },
    emitted: { format: "uvicorn", text: ({ backend }) => uvicornArgv(backend, ASGI_APP).join(" ") },
  },
} as const satisfies ServiceDescriptor;
