import { clean } from "./clean";
import { down } from "./down";
import { env } from "./env";
import { logs } from "./logs";
import { preview } from "./preview";
import { psql } from "./psql";
import { setup } from "./setup";
import { up } from "./up";

/** Every command, in the order in which help lists them. */
export const COMMANDS = [setup, env, up, preview, down, logs, psql, clean];
