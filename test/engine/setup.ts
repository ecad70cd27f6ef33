import { prepare } from "../../tools/toolchain";

/** Finds or sets up Docker, Pulumi and the images, once for all files. */
export default prepare;
