import { z } from "zod";
import { OVERRIDE_KEYS, type Overrides, SERVICES, type Service, type Unit } from "../../sizing";
import { text } from "./values";

const overrideKinds: Readonly<Partial<Record<Unit, z.ZodType>>> = {
  name: text,
  switch: z.boolean(),
  threads: z.number().min(0),
  ratio: z.number().min(0),
};

/** Units that what a number is does not already say. */
const MEASURES: readonly Unit[] = ["MiB", "KiB", "bytes", "seconds"];

const overridesOf = (service: Service) =>
  z
    .strictObject(
      Object.fromEntries(
        OVERRIDE_KEYS.filter((each) => each.service === service).map(({ key, unit, about }) => {
          const kind = overrideKinds[unit] ?? z.int().min(0);
          return [key, kind.optional().describe(MEASURES.includes(unit) ? `${about}, ${unit}.` : `${about}.`)];
        }),
      ),
    )
    .optional()
    .describe(`Numbers of ${service} to replace.`);

/** Whether an override keeps within the plan's bounds is sizing's to say: it depends on the machine. */
export const overrides = z
  .strictObject(Object.fromEntries(SERVICES.map((service) => [service, overridesOf(service)])))
  .transform((given) => given as Overrides)
  .prefault({})
  .describe("Derived numbers to replace, by service; `make explain` prints their names. Refused outside their bounds.");
