import { LOAD_BALANCER } from "../../services";
import type { Container } from "../contract/container";
import type { EntranceArgs } from "../contract/entrance";
import { BODY_LIMIT_FILE, BODY_LIMIT_FILTER } from "./body-limit";
import { DRAIN_AGENT_PORT } from "./drain";

/** Numeric user of the official image. */
const HAPROXY_UID = 99;
export const HAPROXY_CONFIG_PATH = "/usr/local/etc/haproxy/haproxy.cfg";
const HEALTH_PORT = 8404;
const PORT = 8000;

/** What of HAProxy is the platform's to say. */
interface HaproxyArgs {
  readonly image: string;
  /** Port of the engine's host. */
  readonly port: number;
  /** Whether a proxy in front is believed what it says of the client. */
  readonly behindTlsProxy: boolean;
}

/** HAProxy as a container that publishes a service on one port of this machine. */
export function haproxyContainer(entrance: EntranceArgs, { image, port, behindTlsProxy }: HaproxyArgs): Container {
  const { name, plan } = entrance;
  return {
    name,
    image,
    entrypoint: ["haproxy"],
    argv: ["-W", "-db", "-f", HAPROXY_CONFIG_PATH],
    files: [{ path: HAPROXY_CONFIG_PATH, content: haproxyConfig(entrance, { behindTlsProxy }) }, BODY_LIMIT_FILE],
    user: HAPROXY_UID,
    cpu: { shares: plan.cpuShares },
    memory: { limitMiB: plan.memoryLimitMiB },
    ports: [{ container: PORT, host: port }],
    healthCheck: {
      command: ["bash", "-c", HEALTH_CHECK],
      intervalSeconds: 5,
      timeoutSeconds: 3,
      retries: 3,
      startPeriodSeconds: 10,
    },
    stopGraceSeconds: 30,
    nofile: plan.nofile,
    sysctls: HAPROXY_SYSCTLS,
    replacement: LOAD_BALANCER.replacement,
  };
}

/**
 * A backend whose address vanished acknowledges nothing, and the kernel repeats what was sent for a quarter of an hour:
 * an upload would hang until HAProxy's own time limit, or for as long as its client goes on. 4 repetitions are 6 s, as
 * long as the checks of an idle connection take. Not `tcp-ut`: servers of a template do not get it (HAProxy 3.0), and
 * it would end the upload to a backend that is alive and reads slowly.
 */
export const HAPROXY_SYSCTLS = { "net.ipv4.tcp_retries2": "4" } as const;

const HEALTH_CHECK = `exec 3<>/dev/tcp/127.0.0.1/${HEALTH_PORT} && printf 'GET /health HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q '200 OK' <&3`;

/** Seconds after which a client that was answered 503 may come again. */
const RETRY_AFTER_SECONDS = 2;

/** HAProxy's own answers, in the form the application's have. */
const OWN_ANSWERS = [
  { status: 400, detail: "Bad Request" },
  { status: 408, detail: "Request Timeout" },
  { status: 413, detail: "Content Too Large" },
  { status: 500, detail: "Internal Server Error" },
  { status: 502, detail: "The application ended before it answered" },
  { status: 503, detail: "The application does not run", retryAfter: RETRY_AFTER_SECONDS },
  { status: 504, detail: "The application did not answer in time" },
] as const satisfies readonly { status: number; detail: string; retryAfter?: number }[];

const ownAnswer = ({ status, detail, retryAfter }: { status: number; detail: string; retryAfter?: number }): string =>
  `  http-error status ${status} content-type application/json string '{"detail":"${detail}"}'` +
  (retryAfter === undefined ? "" : ` hdr Retry-After ${retryAfter}`);

/**
 * What the application is told of its client. Whoever connects could have written these headers himself, so they are
 * written anew; but for a proxy in front, which has seen the client.
 */
const CLIENT_HEADERS = `  http-request del-header X-Forwarded- -m beg
  http-request del-header Forwarded
  http-request del-header X-Real-IP
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Proto http`;

/** Backends are found through Docker's DNS, which lists every container that carries the alias. */
export function haproxyConfig(
  { plan, host, port, healthPath, aliveStatuses, idleSeconds, maxBodyMiB }: Omit<EntranceArgs, "name">,
  { behindTlsProxy = false }: { behindTlsProxy?: boolean } = {},
): string {
  const maxBodyBytes = maxBodyMiB * 1024 * 1024;
  return `global
  log stdout format raw local0 notice
  maxconn ${plan.maxConnections}
  lua-load ${BODY_LIMIT_FILE.path}

defaults
  mode http
  log global
  option httplog
  option dontlog-normal
  timeout connect 2s
  timeout client ${idleSeconds}s
  timeout server ${idleSeconds}s
  timeout http-keep-alive ${idleSeconds}s
  timeout http-request 10s
  timeout queue 10s
  timeout tunnel 1h
  timeout check 2s
  option redispatch 1
  retries 3
  # A connection that was refused sent nothing and may go elsewhere, whatever the method; what was cut off may be
  # asked again where asking twice does no harm.
  retry-on conn-failure empty-response
${OWN_ANSWERS.map(ownAnswer).join("\n")}

resolvers docker
  nameserver dns 127.0.0.11:53
  hold valid 1s
  hold obsolete 1s
  hold nx 1s

frontend public
  bind :${PORT}
  filter lua.${BODY_LIMIT_FILTER} ${maxBodyBytes}
  http-request deny deny_status 413 if { req.body_size gt ${maxBodyBytes} }
${behindTlsProxy ? "  option forwardfor" : CLIENT_HEADERS}
  # uvicorn says so when it is full, and does not say when to come again.
  http-response set-header Retry-After ${RETRY_AFTER_SECONDS} if { status 503 } !{ res.hdr(Retry-After) -m found }
  default_backend backends
  http-request disable-l7-retry unless METH_GET

backend backends
  balance leastconn
  option httpchk GET ${healthPath}
  http-check expect status ${aliveStatuses.join(",")}
  # A container that was killed takes its address along and cannot even refuse: who waits for it learns it so.
  option srvtcpka
  srvtcpka-idle 3s
  srvtcpka-intvl 1s
  srvtcpka-cnt 3
  default-server inter 500ms fall 3 rise 1
  server-template backend 1-16 ${host}:${port} check agent-check agent-port ${DRAIN_AGENT_PORT} agent-inter 500ms resolvers docker init-addr none

frontend health
  bind :${HEALTH_PORT}
  monitor-uri /health
`;
}
