import type { Input } from "@pulumi/pulumi";
import type { LoadBalancerPlan } from "../../sizing";

/** What is to be reached from outside, and how a platform tells that it is alive. */
export interface EntranceArgs {
  readonly name: string;
  readonly plan: LoadBalancerPlan;
  /** Name of the service, and the port its containers listen on. */
  readonly host: string;
  readonly port: number;
  /** Answered by the process alone. */
  readonly healthPath: string;
  /** Answers that show a process to be alive. */
  readonly aliveStatuses: readonly number[];
  /** The longest a request may take that is under way when its container leaves the rotation, seconds. */
  readonly drainSeconds: number;
  /** Time without a byte after which a request, or an idle connection, is ended, seconds. */
  readonly idleSeconds: number;
  /** The largest body of a request, MiB. A load balancer of AWS bounds none: there the application alone does. */
  readonly maxBodyMiB: number;
}

/** Where clients reach a service. A platform recognises its own. */
export interface Entrance {
  readonly url: Input<string>;
  /** What a DNS record of one's own points to, where the platform has a name for it. */
  readonly hostName?: Input<string>;
  /**
   * Addresses its requests come from, as uvicorn takes them (FORWARDED_ALLOW_IPS): who connects from one of them is
   * believed what it says of its client.
   */
  readonly addresses: Input<string>;
}
