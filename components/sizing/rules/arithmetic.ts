/** Integer division, rounded down. */
export const floorDiv = (a: number, b: number): number => Math.floor(a / b);

/** Integer division, half rounded up. */
export const roundDiv = (a: number, b: number): number => Math.floor((2 * a + b) / (2 * b));

/**
 * Rounded down, for values that went through thirds and sixths: a whole number that binary fractions left a hair
 * short stays whole. No exact value of a rule lies that close below a whole number.
 */
export const floorExact = (value: number): number => Math.floor(value + 1e-7);

/** Rounded down to 0.01. */
export const floorHundredths = (value: number): number => floorExact(value * 100) / 100;

export const clamp = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));

/** The smallest power of two above `value`. */
export const powerOfTwoAbove = (value: number): number => 2 ** (Math.floor(Math.log2(value)) + 1);

/** The smallest power of two at or above `value`. */
export const powerOfTwoAtLeast = (value: number): number => 2 ** Math.ceil(Math.log2(value));
