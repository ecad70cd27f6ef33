import type { Settings } from "../../settings";
import { sizingInputs } from "../../settings/parse";
import type { SizingInputs } from "../../sizing";
import { EC2_SIZING, type InstanceType, registeredHardware } from "./hardware";
import type { Instances } from "./instance-fit";

/** The instance types that the settings name: of an app host, which may be the only one, and of the data host. */
export type NamedTypes = Readonly<Record<"app" | "data", InstanceType>>;

/** The hosts there are of these types: the only one, or app hosts and a data host. */
export const instancesOf = ({ topology }: Pick<Settings, "topology">, types: NamedTypes): Instances =>
  topology === "app-and-data" ? types : { app: types.app };

/** What a stack on EC2 is sized from. The deployed program and `explain` compute it alike. */
export function ec2Inputs(settings: Parameters<typeof sizingInputs>[0], types: NamedTypes): SizingInputs {
  const { app, data } = instancesOf(settings, types);
  return {
    ...sizingInputs(settings, registeredHardware(app)),
    ...(data && { dataHardware: registeredHardware(data) }),
    ...EC2_SIZING,
  };
}
