import { usesHaproxy } from "../sizing";
import type { ServiceDescriptor } from "./descriptor";

/** HAProxy on Docker; on EC2 its place is an Application Load Balancer's, which no container runs. */
export const LOAD_BALANCER = {
  name: "load-balancer",
  title: "the load balancer",
  section: "loadBalancer",
  component: "sized-stack:index:LoadBalancer",
  image: "haproxy:3.0",
  replacement: "only-one",
  restart: "about 3 s without any answer",
  running: ({ inputs, loadBalancer }) =>
    usesHaproxy(inputs)
      ? {
          containers: 1,
          ...loadBalancer,
          cpuQuota: undefined,
          inShort: `${loadBalancer.maxConnections} connections`,
        }
      : undefined,
} as const satisfies ServiceDescriptor;
