import { prepare } from "../../tools/toolchain";

/** Each project of the tests loads this file anew: what is done already is remembered beside them. */
const done = globalThis as { toolsOfTheTests?: Promise<void> };

/** Finds or sets up Docker, Pulumi and the images, once for all files of all projects. */
export default (): Promise<void> => {
  done.toolsOfTheTests ??= prepare();
  return done.toolsOfTheTests;
};
