import { LOAD_BALANCER } from "../../services";
import type { Container } from "../contract/container";
import type { EntranceArgs } from "../contract/entrance";
import { DRAIN_AGENT_PORT } from "./drain";

/** Numeric user of the official image. */
const HAPROXY_UID = 99;
export const HAPROXY_CONFIG_PATH = "/usr/local/etc/haproxy/haproxy.cfg";
const HEALTH_PORT = 8404;
const PORT = 8000;

/** HAProxy as a container that publishes a service on one port of this machine. */
export function haproxyContainer(entrance: EntranceArgs, { image, port }: { image: string; port: number }): Container {
  const { name, plan } = entrance;
  return {
    name,
    image,
    entrypoint: ["haproxy"],
    argv: ["-W", "-db", "-f", HAPROXY_CONFIG_PATH],
    files: [{ path: HAPROXY_CONFIG_PATH, content: haproxyConfig(entrance) }],
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
    replacement: LOAD_BALANCER.replacement,
  };
}

const HEALTH_CHECK = `exec 3<>/dev/tcp/127.0.0.1/${HEALTH_PORT} && printf 'GET /health HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q '200 OK' <&3`;

/** Backends are found through Docker's DNS, which lists every container that carries the alias. */
export function haproxyConfig({ plan, host, port, healthPath, aliveStatuses }: Omit<EntranceArgs, "name">): string {
  return `global
  log stdout format raw local0 notice
  maxconn ${plan.maxConnections}

defaults
  mode http
  log global
  option httplog
  option dontlog-normal
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  timeout http-keep-alive 60s
  timeout http-request 10s
  timeout queue 10s
  timeout tunnel 1h
  timeout check 2s
  option redispatch 1
  retries 3
  # A connection that was refused sent nothing and may go elsewhere, whatever the method; what was cut off may be
  # asked again where asking twice does no harm.
  retry-on conn-failure empty-response

resolvers docker
  nameserver dns 127.0.0.11:53
  hold valid 1s
  hold obsolete 1s
  hold nx 1s

frontend public
  bind :${PORT}
  option forwardfor
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
