import type { ResolvedInputs } from "../machine/inputs";
import { formatMemory } from "../machine/memory";
import { setAsideMiB } from "../machine/resolve";
import { TIERS, type Tier } from "../machine/tiers";
import { type Fit, OverrideRefusal, Shortfall, SizingRefusal } from "../rules/refusal";

const MOST_MEMORY_MIB = 8 * 1024 * 1024;

type Attempt = (inputs: ResolvedInputs) => unknown;

/** The refusal of a plan, with what would fit instead, found by planning again. */
export function refusalOf(shortfall: Shortfall, inputs: ResolvedInputs, attempt: Attempt): SizingRefusal {
  const fits = (changed: ResolvedInputs): boolean => {
    try {
      attempt(changed);
      return true;
    } catch (error) {
      if (error instanceof Shortfall || error instanceof OverrideRefusal) return false;
      throw error;
    }
  };
  const fit = { smallestMemoryMiB: smallestMemory(shortfall, inputs, fits), highestTier: highestTier(inputs, fits) };
  const sentences = [shortfall.sentence, memorySentence(shortfall, inputs, fit), tierSentence(inputs, fit)];
  const { overrides } = inputs;
  if (Object.keys(overrides).length > 0 && fits({ ...inputs, overrides: {} })) {
    sentences.push("Without the overrides it would fit.");
  }
  return new SizingRefusal(
    shortfall.part,
    shortfall.lack,
    [...sentences, shortfall.remedy].filter((sentence) => sentence !== "").join(" "),
    fit,
    shortfall.host,
  );
}

/** In MiB the machine must offer, before the share is taken of it. */
function smallestMemory(
  { host }: Shortfall,
  inputs: ResolvedInputs,
  fits: (inputs: ResolvedInputs) => boolean,
): number | undefined {
  const withMemory = (memoryMiB: number) => fits(memoryOf(inputs, host, memoryMiB));
  if (!withMemory(MOST_MEMORY_MIB)) return undefined;
  let low = 0;
  let high = MOST_MEMORY_MIB;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (withMemory(middle)) high = middle;
    else low = middle;
  }
  return Math.ceil((high + keptMiB(inputs, host)) / inputs.share);
}

function memoryOf(inputs: ResolvedInputs, host: Shortfall["host"], memoryMiB: number): ResolvedInputs {
  const { threads } = host === "app" ? inputs.hardware : inputs.dataHardware;
  const changed = { threads, memoryMiB };
  if (inputs.topology === "single-host") return { ...inputs, hardware: changed, dataHardware: changed };
  return host === "app" ? { ...inputs, hardware: changed } : { ...inputs, dataHardware: changed };
}

/** What was taken off the host's memory before the rules saw it. */
const keptMiB = (inputs: ResolvedInputs, host: Shortfall["host"]): number =>
  host === "app" || inputs.topology === "single-host" ? setAsideMiB(inputs) : 0;

const highestTier = (inputs: ResolvedInputs, fits: (inputs: ResolvedInputs) => boolean): Tier | undefined =>
  TIERS.toReversed().find((tier) => tier !== inputs.tier && fits({ ...inputs, tier }));

function memorySentence({ host }: Shortfall, inputs: ResolvedInputs, { smallestMemoryMiB }: Fit): string {
  const { threads } = host === "app" ? inputs.hardware : inputs.dataHardware;
  const machine = inputs.topology === "single-host" ? "machine" : `${host} host`;
  const at = `${threads} ${threads === 1 ? "thread" : "threads"} and tier ${inputs.tier}`;
  if (smallestMemoryMiB === undefined) return `With ${at} no amount of memory on the ${machine} would fit.`;
  const ofShare = inputs.share < 1 ? ` of which share ${inputs.share} is taken` : "";
  return `With ${at} the smallest ${machine} that fits has ${smallestMemoryMiB} MiB (${formatMemory(smallestMemoryMiB)})${ofShare}.`;
}

const tierSentence = (_: ResolvedInputs, { highestTier }: Fit): string =>
  highestTier === undefined
    ? "No tier fits this hardware."
    : `The highest tier that fits this hardware is ${highestTier}.`;
