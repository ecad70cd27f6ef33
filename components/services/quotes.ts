/** How programs read the values of their configuration files, for values that people copy from such a file. */

/** The words of a value in redis.conf: of `normal 0 0 0` four, of `""` an empty one, of `"{title} x"` one. */
export function redisWords(value: string): string[] {
  const words = [...value.matchAll(/"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|\S+/g)].map(
    ([whole, double, single]) => double?.replace(/\\(.)/g, "$1") ?? single?.replaceAll("\\'", "'") ?? whole,
  );
  return words.length === 0 ? [""] : words;
}

/** Words as a line of redis.conf has them: quoted where they would not be read as one. */
export const redisLine = (words: readonly string[]): string =>
  words.map((word) => (/^[^\s"'\\#]+$/.test(word) ? word : `"${word.replace(/["\\]/g, "\\$&")}"`)).join(" ");

/** The value of a parameter, without the quotes that postgresql.conf has around it. */
export function postgresValue(value: string): string {
  const [, inner] = /^'((?:[^']|'')*)'$/.exec(value) ?? [];
  return inner === undefined ? value : inner.replaceAll("''", "'");
}

/** A value as postgresql.conf has it. */
export const postgresQuoted = (value: string): string => `'${value.replace(/['\\]/g, "$&$&")}'`;
