import { z } from "zod";
import { DEFAULTS, parseMemory } from "../../sizing";
import { limited, memorySize } from "./values";

/** What the load balancer holds requests to, on either platform. */
export const entrance = z
  .strictObject({
    idleSeconds: limited("entranceIdleSeconds")
      .default(DEFAULTS.entranceIdleSeconds)
      .describe(
        "Time without a byte after which the load balancer ends a request, or an idle connection. Above 60 raise " +
          "`backend.stopGraceSeconds` with it: a deploy ends what takes longer than that.",
      ),
    maxBody: memorySize
      .refine((size) => parseMemory(size) >= 1, "a size of at least 1MiB,")
      .default(`${DEFAULTS.maxBodyMiB}MiB`)
      .describe("The largest body of a request; a larger one is answered 413. An endpoint may read it whole."),
    behindTlsProxy: z
      .boolean()
      .default(false)
      .describe(
        "Whether a proxy on the Docker host ends TLS in front: its `X-Forwarded-For` and `X-Forwarded-Proto` are " +
          "passed on, else replaced. On EC2 set `ec2.certificateArn`.",
      ),
  })
  .prefault({})
  .describe("The load balancer.");
