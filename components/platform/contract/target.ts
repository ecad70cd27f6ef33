import type { SizingInputs, SizingPlan, SizingRefusal } from "../../sizing";
import type { Image, ImageBuild } from "./container";
import type { Platform } from "./platform";

/** Where a stack runs: what there is to size for, and the platform that runs what was sized. */
export interface Target {
  readonly inputs: SizingInputs;
  /** What an image of the settings is called there. */
  readonly image: (image: string | ImageBuild) => Image;
  /** Why nothing that works fits there. */
  readonly refusal: (error: SizingRefusal) => string;
  readonly platform: (plan: SizingPlan) => Platform;
}
