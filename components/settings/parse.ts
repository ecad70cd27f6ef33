import { BACKEND, CELERY, POSTGRES, REDIS } from "../services";
import {
  DEFAULTS,
  type Hardware,
  INPUT_LIMITS,
  isMemorySize,
  MOST_MEMORY_MIB,
  type Overrides,
  parseMemory,
  SERVICES,
  type SizingInputs,
} from "../sizing";
import { overrideMistakesBeside } from "./beside";
import { ec2ImageMistakes, ec2Mistakes, targetMistakes } from "./ec2";
import { externalMistakes } from "./external";
import { furtherArguments, furtherParameters } from "./further";
import { type Mistake, mistakesOf, reported } from "./mistakes";
import { type SECRET_SETTINGS, type Settings, settingsSchema } from "./schema";

/** Settings that cannot be taken; the message names every mistake, what was given and what is allowed. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/** Settings that were checked. */
export interface ParsedSettings extends Settings {
  /** By `service.field`: where an override was written that is a parameter or an argument of a program. */
  readonly overrideNames: Readonly<Record<string, string>>;
}

/** How settings are read where nothing is deployed. */
export interface Reading {
  readonly unreadSecrets?: readonly string[];
  readonly purpose?: "deploy" | "plan";
}

/**
 * Checks settings given as plain values, keys without the project's name. Parameters and arguments the plan derives
 * become overrides.
 * @param stack Its name, for the message.
 * @param plainSecrets Secret settings that were not given as secrets.
 * @param reading `unreadSecrets`: secret settings that are set, and left out of `given`. `purpose`: for a `plan`, images
 *   need not be fit for EC2 yet, so that a stack is explained before they are pushed.
 * @throws SettingsError with every mistake at once.
 */
export function parseSettings(
  given: Readonly<Record<string, unknown>>,
  stack: string,
  plainSecrets: readonly string[] = [],
  { unreadSecrets = [], purpose = "deploy" }: Reading = {},
): ParsedSettings {
  const result = settingsSchema.safeParse(given);
  const further = furtherOf(given);
  const mistakes = [
    ...(result.success ? [] : mistakesOf(result.error.issues, given)),
    ...plainSecrets.map(inPlainText),
    ...further.mistakes,
    ...topologyMistakes(given),
    ...targetMistakes(given),
    ...(result.success ? ec2Mistakes(result.data) : []),
    ...externalMistakes(given, unreadSecrets),
    ...majorMistakes(mapIn(given, "images")),
    ...machineMistakes(given),
    ...(result.success && purpose === "deploy" ? ec2ImageMistakes(result.data) : []),
  ];
  if (!result.success || mistakes.length > 0) {
    const beside = overrideMistakesBeside(given, result.error?.issues ?? [], (settings, hardware) =>
      sizingInputs({ ...settings, ...ofOverrides(settings.overrides, further) }, hardware),
    );
    throw new SettingsError(reported(stack, [...mistakes, ...beside]));
  }
  const { data } = result;
  return {
    ...data,
    backend: { ...data.backend, arguments: [...further.rest.backend] },
    celery: { ...data.celery, arguments: [...further.rest.celery] },
    postgres: { ...data.postgres, parameters: { ...further.rest.postgres } },
    redis: { ...data.redis, parameters: { ...further.rest.redis } },
    ...ofOverrides(data.overrides, further),
  };
}

const inPlainText = (key: string): Mistake => ({
  path: [key],
  message: `is in plain text in the stack's file; set it with: pulumi config set --secret ${key === "secrets" ? "--path secrets.NAME" : key}`,
});

const topologyMistakes = ({ target, topology }: Readonly<Record<string, unknown>>): Mistake[] =>
  target === "docker" && topology === "app-and-data"
    ? [
        {
          path: ["topology"],
          message:
            "app-and-data needs several machines, a Docker engine is one; single-host is needed (make explain can compute the other)",
        },
      ]
    : [];

/** Versions that nothing is known of, named as they were written: by an image. */
const majorMistakes = (images: Readonly<Record<string, unknown>>): Mistake[] =>
  (["postgres", "redis"] as const).flatMap((key) => {
    const image = images[key];
    const major = typeof image === "string" ? majorOf(image) : undefined;
    const { least, most } = INPUT_LIMITS[`${key}Major`];
    if (major === undefined || (major >= least && major <= most)) return [];
    const message = `${JSON.stringify(image)} given; a tag that begins with a version from ${least} to ${most} is needed`;
    return [{ path: ["images", key], message }];
  });

/** Sizes that sizing has limits for. */
function machineMistakes(given: Readonly<Record<string, unknown>>): Mistake[] {
  const sizes = [
    { path: ["backend", "workerMemory"], ...INPUT_LIMITS.workerMemoryMiB },
    { path: ["celery", "childMemory"], ...INPUT_LIMITS.childMemoryMiB },
    { path: ["hardware", "memory"], least: 1, most: MOST_MEMORY_MIB },
  ] as const;
  return sizes.flatMap(({ path, least, most }) => {
    const size = mapIn(given, path[0])[path[1]];
    if (typeof size !== "string" || !isMemorySize(size)) return [];
    const mebibytes = parseMemory(size);
    if (mebibytes >= least && mebibytes <= most) return [];
    return [{ path, message: `${JSON.stringify(size)} given; from ${least}MiB to ${most / 1024}GiB is allowed` }];
  });
}

/** Services whose programs settings may add to. */
const PROGRAMS = ["backend", "celery", "postgres", "redis"] as const;

/** What was given for the programs themselves, taken as far as it is of the right kind. */
function furtherOf(given: Readonly<Record<string, unknown>>) {
  const list = (service: string): string[] => {
    const found = mapIn(given, service).arguments;
    return Array.isArray(found) ? found.filter((each) => typeof each === "string") : [];
  };
  const parts = {
    backend: furtherArguments(BACKEND.program, list("backend")),
    celery: furtherArguments(CELERY.program, list("celery")),
    postgres: furtherParameters(POSTGRES.program, mapIn(mapIn(given, "postgres"), "parameters")),
    redis: furtherParameters(REDIS.program, mapIn(mapIn(given, "redis"), "parameters")),
  };
  const { backend, celery, postgres, redis } = parts;
  const twice = PROGRAMS.flatMap((service) =>
    Object.keys(parts[service].overrides)
      .filter((field) => Object.hasOwn(mapIn(mapIn(given, "overrides"), service), field))
      .map((field) => ({
        path: ["overrides", service, field],
        message: `is given twice: also among the parameters or arguments of ${service}`,
      })),
  );
  return {
    rest: { backend: backend.rest, celery: celery.rest, postgres: postgres.rest, redis: redis.rest },
    overrides: Object.fromEntries(PROGRAMS.map((service) => [service, parts[service].overrides])),
    names: Object.fromEntries(
      PROGRAMS.flatMap((service) =>
        Object.entries(parts[service].names).map(([field, name]) => [`${service}.${field}`, name]),
      ),
    ),
    mistakes: [
      ...PROGRAMS.flatMap((service) =>
        parts[service].mistakes.map(({ path, message }) => ({ path: [service, ...path], message })),
      ),
      ...twice,
    ],
  };
}

function mapIn(map: Readonly<Record<string, unknown>>, key: string): Readonly<Record<string, unknown>> {
  const value = Object.hasOwn(map, key) ? map[key] : undefined;
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

const ofOverrides = (given: Overrides, { overrides, names }: ReturnType<typeof furtherOf>) => ({
  overrides: withFurther(given, overrides),
  overrideNames: names,
});

function withFurther(given: Overrides, further: Readonly<Record<string, object>>): Overrides {
  const merged = SERVICES.map((service) => [service, { ...given[service], ...further[service] }] as const);
  return Object.fromEntries(merged.filter(([, numbers]) => Object.keys(numbers).length > 0));
}

/** A value as `pulumi config set` stores it: numbers, switches and maps as JSON text. */
export function fromText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * What sizing takes from the settings, the machine being known.
 * @param openFiles Files the host grants a container, taken where `hostNofile` is `auto`. Default 16384.
 */
export function sizingInputs(
  settings: Omit<Settings, (typeof SECRET_SETTINGS)[number]> & Partial<Pick<ParsedSettings, "overrideNames">>,
  hardware: Hardware,
  openFiles: number = DEFAULTS.hostNofile,
): SizingInputs {
  const { share, tier, topology, rollout, oversubscribe, cpuEnforcement, hostNofile, overrides, ec2 } = settings;
  const { backend, celery, entrance, postgres, redis, images } = settings;
  const { overrideNames = {} } = settings;
  const [postgresMajor, redisMajor] = [majorOf(images.postgres), majorOf(images.redis)];
  return {
    hardware,
    share,
    tier,
    topology,
    rollout,
    oversubscribe,
    cpuEnforcement,
    hostNofile: hostNofile === "auto" ? openFiles : hostNofile,
    workerMemoryMiB: parseMemory(backend.workerMemory),
    backendStopGraceSeconds: backend.stopGraceSeconds,
    entranceIdleSeconds: entrance.idleSeconds,
    maxBodyMiB: parseMemory(entrance.maxBody),
    statementTimeoutSeconds: backend.statementTimeoutSeconds,
    childMemoryMiB: parseMemory(celery.childMemory),
    beat: celery.beat,
    ...(celery.longestTaskSeconds !== undefined && { longestTaskSeconds: celery.longestTaskSeconds }),
    longestDelaySeconds: celery.longestDelaySeconds,
    diskGiB: postgres.diskGiB,
    ...(postgresMajor && { postgresMajor }),
    ...(redisMajor && { redisMajor }),
    ...(postgres.external && { externalPostgresConnections: postgres.external.maxConnections }),
    ...(redis.external && { externalRedisConnections: redis.external.maxClients }),
    overrides,
    ...(Object.keys(overrideNames).length > 0 && { overrideNames }),
    ...(topology === "app-and-data" && ec2 && { appHosts: ec2.appHosts.max }),
  };
}

/** The major version an image's tag begins with: 17 of `postgres:17.2-bookworm`, with a digest behind it or without. */
function majorOf(image: string): number | undefined {
  const [name = ""] = image.split("@");
  const [, major] = /:(\d+)[^/]*$/.exec(name) ?? [];
  return major === undefined ? undefined : Number(major);
}
