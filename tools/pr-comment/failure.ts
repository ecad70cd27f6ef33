import { type Block, code, heading, type Line, line, paragraph } from "./document";
import { shortened } from "./values";

/** What an error is likely to be mended by. The program's own errors say so themselves. */
const FIXES: readonly (readonly [RegExp, Line])[] = [
  [
    /incorrect passphrase|passphrase must be set|PULUMI_CONFIG_PASSPHRASE/i,
    line`The passphrase of the stack is missing or another. Set ${code("PULUMI_CONFIG_PASSPHRASE")} to the one it was made with.`,
  ],
  [
    /currently locked|stack is locked|the stack is currently locked/i,
    line`Another update runs, or one was killed. Wait for it, or give up its lock: ${code("pulumi cancel")}.`,
  ],
  [/pending operations/i, line`An update was interrupted. ${code("pulumi up --refresh")} finds out what became of it.`],
  [
    /no valid credential|ExpiredToken|InvalidClientTokenId|UnrecognizedClient|nobody says who asks|Credentials come from/i,
    line`AWS does not accept the credentials. Check the role the workflow assumes and its region.`,
  ],
  [
    /AccessDenied|UnauthorizedOperation|is not authorized to perform/i,
    line`The role may not do what the message names. Add that to its policy.`,
  ],
  [
    /Cannot connect to the Docker daemon|No Docker engine/i,
    line`No Docker engine answers here. Compare plans instead, without one: docs/pull-requests.md.`,
  ],
  [/failed with an unhandled exception/i, line`The program threw: correct the line that the message names.`],
  [/no stack named|no stack selected/i, line`The stack is not in this backend. Check ${code("PULUMI_BACKEND_URL")}.`],
  [/Cannot find module|npm (ci|install)/i, line`The packages of the program are not installed: ${code("npm ci")}.`],
  [
    /marked for protection|protected/i,
    line`A protected resource would be removed. Where that is meant, take its protection away first: ${code("ec2.data.protect")}.`,
  ],
  [
    /the system needs at least|smallest (machine|type) that fits/i,
    line`A larger machine, or a lower tier where one fits: ${code("npm run explain -- --threads 4 --memory 8GiB --tier low")} shows what another one gives.`,
  ],
  [/need a correction/i, line`The settings are to be changed as the message says; nothing was created or changed.`],
];
/** Where nothing better is known. */
const ANY_FIX = line`The log of the workflow has more; or run the preview by hand: ${code("pulumi preview")}.`;

const WORDLESS = line`The engine says no more than that, as where a policy stops the update: its events (${code("--events")}) say which.`;

/** Says only that it failed. */
const EMPTY_WORDS = /^(error: )?preview failed$/;
const MESSAGE_CHARACTERS = 4000;

/** Why a preview failed, and what is likely to mend it. */
export function failureSection(errors: readonly string[]): Block[] {
  const telling = [...new Set(errors)].filter((message) => !EMPTY_WORDS.test(message));
  if (errors.length === 0) return [];
  if (telling.length === 0) return [paragraph(WORDLESS)];
  const text = telling.map(withoutFrames).join("\n");
  const fix = FIXES.find(([pattern]) => pattern.test(text))?.[1] ?? ANY_FIX;
  return [
    heading("Error"),
    { kind: "code", language: "text", text: shortened(text, MESSAGE_CHARACTERS), of: ["error", "errors"] },
    paragraph(line`Likely fix: ${fix}`),
  ];
}

/** Without the frames of a stack trace below the first: they are of the engine's own host. */
const withoutFrames = (message: string): string =>
  message
    .split("\n")
    .filter((text, index, all) => !FRAME.test(text) || !FRAME.test(all[index - 1] ?? ""))
    .join("\n");
const FRAME = /^\s+at /;
