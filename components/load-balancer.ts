import * as pulumi from "@pulumi/pulumi";
import { type ComponentOptions, planOf, type SizedArgs } from "./component";
import type { Entrance } from "./platform";
import { LOAD_BALANCER } from "./services/load-balancer";
import { sizingInputsOf, usesHaproxy } from "./sizing";

export interface LoadBalancerArgs extends SizedArgs {
  /** Name of the service behind it; all its containers answer to it. */
  readonly backendHost: string;
  readonly backendPort: number;
}

/**
 * What clients connect to. It owns the published port at every tier, and nothing in it depends on the tier or on how
 * many backends there are: a deploy or a tier change never touches it. Made before the backend, which is given its
 * `entrance`.
 */
export class LoadBalancer extends pulumi.ComponentResource {
  readonly url: pulumi.Input<string>;
  /** For `Backend`: where its containers are to be reached. */
  readonly entrance: Entrance;

  constructor(name: string, args: LoadBalancerArgs, opts?: ComponentOptions) {
    const { loadBalancer: plan, backend, inputs } = planOf(args);
    const sizing = sizingInputsOf(args);
    super(LOAD_BALANCER.component, name, { sizing, ...(usesHaproxy(inputs) && { plan }) }, opts);

    this.entrance = args.platform.publish(
      {
        name,
        plan,
        host: args.backendHost,
        port: args.backendPort,
        healthPath: "/api/health",
        // A full worker answers 503 and is alive all the same.
        aliveStatuses: [200, 503],
        drainSeconds: backend.timeoutGracefulShutdown,
        idleSeconds: backend.entranceIdleSeconds,
        maxBodyMiB: backend.maxBodyMiB,
      },
      { parent: this, transform: args.transform?.container },
    );
    this.url = this.entrance.url;
    this.registerOutputs({ url: this.url });
  }
}
