import { DOCKER_CONTAINER, taskContainers } from "../containers";
import { called, list, type Resource, type Rule, record, text } from "../resource";

/** Names whose last word says that the value is a secret; `TOKEN_URL` and `PASSWORD_MIN_LENGTH` are none. */
const SECRET_NAME =
  /(^|_)(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIALS?|(API|ACCESS|SECRET|PRIVATE|SIGNING|ENCRYPTION)_?KEY)(_?\d+)?$/i;
/** `STRIPE_KEY` may name a key or the key to something; its value decides. */
const KEY_NAME = /_KEY$/i;
const LOOKS_RANDOM = /^(?=.*\d)(?=.*[a-z])[\w+/=.-]{16,}$/i;

/** Values that are secrets under whatever name. */
const SECRET_VALUES: readonly RegExp[] = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  // A URL with a password in it.
  /^[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:[^\s/@]+@/i,
  /\b(AKIA|ASIA)[0-9A-Z]{16}\b/,
  /\bgh[pousr]_[A-Za-z0-9]{36}/,
  /\bxox[abprs]-[A-Za-z0-9-]{10,}/,
  /\b[rs]k_live_[A-Za-z0-9]{16,}/,
  // A JSON Web Token.
  /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\./,
];

/** What a switch, a number of days or an empty default looks like. */
const HARMLESS = /^(|\d{1,9}|true|false|yes|no|on|off|none|null)$/i;

/** Whether a plain setting looks like a secret. */
export function looksSecret(name: string, value: string): boolean {
  if (SECRET_VALUES.some((pattern) => pattern.test(value))) return true;
  if (HARMLESS.test(value)) return false;
  return SECRET_NAME.test(name) || (KEY_NAME.test(name) && LOOKS_RANDOM.test(value));
}

export const plainSecrets: Rule = {
  name: "plain-secrets",
  description: "No environment variable carries a secret: whoever may look at a container could read it.",
  resource: (resource) =>
    environmentsOf(resource).flatMap(({ of, variables }) =>
      variables
        .filter(([name, value]) => looksSecret(name, value))
        .map(
          ([name]) =>
            `${of}: the value of ${name} looks like a secret, and stands in clear in the environment. ` +
            `Remove it from env, and: pulumi config set --secret --path secrets.${name}`,
        ),
    ),
};

type Variable = readonly [name: string, value: string];

function environmentsOf(
  resource: Resource,
): readonly { readonly of: string; readonly variables: readonly Variable[] }[] {
  if (resource.type === DOCKER_CONTAINER) {
    const variables = list(resource.inputs.envs).flatMap((line): Variable[] => {
      const [, name, value] = /^([^=]+)=(.*)$/s.exec(text(line) ?? "") ?? [];
      return name === undefined || value === undefined ? [] : [[name, value]];
    });
    return [{ of: called(resource), variables }];
  }
  return taskContainers(resource).map(({ name, definition }) => ({
    of: `${called(resource)}: container ${name}`,
    variables: list(definition.environment)
      .map(record)
      .map((variable): Variable => [text(variable.name) ?? "", text(variable.value) ?? ""]),
  }));
}
