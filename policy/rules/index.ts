import type { Rule } from "../resource";
import { containerLimits } from "./container-limits";
import { dataProtected } from "./data-protected";
import { dataSnapshots } from "./data-snapshots";
import { imageDigest } from "./image-digest";
import { plainSecrets } from "./plain-secrets";
import { publicIngress } from "./public-ingress";
import { reservationsFit } from "./reservations-fit";

/** All rules; docs/policies.md says why each is there. */
export const RULES: readonly Rule[] = [
  publicIngress,
  plainSecrets,
  containerLimits,
  reservationsFit,
  dataProtected,
  dataSnapshots,
  imageDigest,
];
