import { EC2_SIZING, type InstanceType, registeredHardware } from "../../components/platform/ec2/hardware";
import { type SizingInputs, type SizingPlan, SizingRefusal, sizingPlan } from "../../components/sizing";

/** A system on hosts of an instance type; undefined where it does not fit. */
export const planned = (type: InstanceType, system: Omit<SizingInputs, "hardware">): SizingPlan | undefined => {
  try {
    return sizingPlan({ ...EC2_SIZING, ...system, hardware: registeredHardware(type) });
  } catch (error) {
    if (error instanceof SizingRefusal) return undefined;
    throw error;
  }
};
