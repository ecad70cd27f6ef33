/** The engine's marker of a value that is known only once the update runs. */
const UNKNOWN = /^04da6b54-80e4-46f7-96ec-b56ff0331b[0-9a-f]{2}$/;
/** The key that marks what the engine writes in place of a special value. */
const SPECIAL = "4dabf18193072939515e22adb298388d";

export const SECRET_TEXT = "[secret]";
export const UNKNOWN_TEXT = "known after the update";

/** Most characters that are shown of one value. */
const SHOWN_CHARACTERS = 240;

/** A value as a reviewer reads it, on one line: no secret, nothing invisible, not too long. */
export function shown(value: unknown, most = SHOWN_CHARACTERS): string {
  const text = typeof value === "string" ? plain(value) : (JSON.stringify(value, masked) ?? "none");
  return shortened(visible(text), most);
}

/** Text that holds a secret's marker, as JSON in a string, is one as a whole. */
const plain = (text: string): string =>
  UNKNOWN.test(text) ? UNKNOWN_TEXT : text.includes(SPECIAL) ? SECRET_TEXT : text;

function masked(_key: string, value: unknown): unknown {
  if (typeof value === "string") return plain(value);
  return isSecret(value) ? SECRET_TEXT : value;
}

/** A secret; what else is marked as special, such as a file, may hold one, and is shown as such. */
export const isSecret = (value: unknown): boolean =>
  value === SECRET_TEXT || (typeof value === "object" && value !== null && Object.hasOwn(value, SPECIAL));

export const isUnknown = (value: unknown): boolean => typeof value === "string" && UNKNOWN.test(value);

/** Line ends, control characters, and those that turn the direction of text, as JSON writes them. */
export const visible = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => ESCAPES[character] ?? hexadecimal(character));

const ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
const hexadecimal = (character: string): string =>
  `\\u{${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}}`;

/** Cut to a length, saying how much is left out. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const left = (text.length - most).toLocaleString("en");
  // Not between the two halves of a character.
  return `${text.slice(0, most).replace(/[\ud800-\udbff]$/, "")}… (${left} more characters)`;
}
