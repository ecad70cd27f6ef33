/** A unit that PostgreSQL or Redis writes behind a number, in the smallest unit of its kind: bytes, or microseconds. */
type Units = Readonly<Record<string, number>>;

/** Letters as they stand: `kb` is none. Source: PostgreSQL manual, "Parameter Names and Values". */
const POSTGRES_SIZES: Units = { B: 1, kB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4, "8kB": 8192 };
const POSTGRES_TIMES: Units = { us: 1, ms: 1e3, s: 1e6, min: 60e6, h: 3600e6, d: 86_400e6 };
/** In small or large letters; `k` is 1,000 and `kb` 1,024. Source: the first comment of redis.conf. */
const REDIS_SIZES: Units = {
  "": 1,
  b: 1,
  k: 1000,
  kb: 1024,
  m: 1000 ** 2,
  mb: 1024 ** 2,
  g: 1000 ** 3,
  gb: 1024 ** 3,
};

/** A decimal number, without a sign; a zero in front would make it octal to PostgreSQL, and is none. */
const NUMBER = "((?:0|[1-9]\\d*)(?:\\.\\d+)?(?:[eE][+-]?\\d+)?)";
const AMOUNT = new RegExp(`^\\s*${NUMBER}\\s*([A-Za-z]*)\\s*$`);

const amountIn = (text: string): readonly [amount: number, unit: string] | undefined => {
  const [, amount, unit] = AMOUNT.exec(text) ?? [];
  return amount === undefined ? undefined : [Number(amount), unit ?? ""];
};

/** A plain number as programs take it: `4`, `2.5`, `1e3`; undefined where the text is none. */
export function plainNumberIn(text: string): number | undefined {
  const [amount, unit] = amountIn(text) ?? [];
  return unit === "" ? amount : undefined;
}

/**
 * MiB of a size in postgresql.conf: `64MB`, `5242kB`, `1.5 GB`; a number alone counts the parameter's own unit. Rounded
 * to that unit, as the server does; undefined where the text is no size.
 * @param base The parameter's unit, as `pg_settings` has it: `kB`, `8kB` (pages) or `MB`.
 */
export function postgresMebibytes(text: string, base: "kB" | "8kB" | "MB"): number | undefined {
  const inBase = inBaseUnit(text, POSTGRES_SIZES, base);
  return inBase === undefined ? undefined : (inBase * (POSTGRES_SIZES[base] ?? 0)) / 1024 ** 2;
}

/** Seconds of a time in postgresql.conf: `30s`, `500ms`, `2min`; likewise. */
export function postgresSeconds(text: string, base: "ms" | "s" | "min"): number | undefined {
  const inBase = inBaseUnit(text, POSTGRES_TIMES, base);
  return inBase === undefined ? undefined : (inBase * (POSTGRES_TIMES[base] ?? 0)) / 1e6;
}

function inBaseUnit(text: string, units: Units, base: string): number | undefined {
  const [amount, unit] = amountIn(text) ?? [];
  const size = unit === "" ? units[base] : unit === undefined || !Object.hasOwn(units, unit) ? undefined : units[unit];
  return amount === undefined || size === undefined ? undefined : Math.round((amount * size) / (units[base] ?? 1));
}

/** MiB of a size in redis.conf: `900mb`, `1gb`, `943718400`; undefined where the text is none. */
export function redisMebibytes(text: string): number | undefined {
  const [, amount, unit = ""] = /^(\d+)([a-z]*)$/i.exec(text) ?? [];
  const key = unit.toLowerCase();
  const size = Object.hasOwn(REDIS_SIZES, key) ? REDIS_SIZES[key] : undefined;
  return amount === undefined || size === undefined ? undefined : (Number(amount) * size) / 1024 ** 2;
}
