/** The properties of a resource as they travel between engine and provider. */
export type Properties = Readonly<Record<string, unknown>>;

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
/** What stands for a value that a preview does not know. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export const isRecord = (value: unknown): value is Properties =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function withSecrets(value: unknown, show: (secret: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => withSecrets(each, show));
  if (!isRecord(value)) return value;
  if (value[SIGNATURE] === SECRET) return show(value.value);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withSecrets(each, show)]));
}

/** The values as AWS gets them. */
export const plain = (properties: Properties): Properties => {
  const reveal = (secret: unknown): unknown => withSecrets(secret, reveal);
  return record(withSecrets(properties, reveal));
};

/** The values as a log may show them. */
export const redacted = (properties: Properties): Properties => record(withSecrets(properties, () => "[secret]"));

export const record = (value: unknown): Properties => (isRecord(value) ? value : {});
export const records = (value: unknown): Properties[] => (Array.isArray(value) ? value.filter(isRecord) : []);
export const text = (value: unknown): string => (typeof value === "string" ? value : "");
export const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
export const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

/** Every string inside a value, however deep. */
export function stringsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(stringsIn);
  return isRecord(value) ? Object.values(value).flatMap(stringsIn) : [];
}

/** JSON text as what it says, other values as they are. */
export function parsed(value: unknown): unknown {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
