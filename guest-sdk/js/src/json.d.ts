/** A value that JSON can say. */
export type Value = unknown;

/**
 * The value of JSON text, as `JSON.parse` gives it; but an integer beyond 2^53 - 1, of which JavaScript would make
 * another number, is the failure `inexact-integer`.
 */
export function parse<T = any>(text: string): T;

/**
 * The JSON text of a value, as `JSON.stringify` gives it, bigints included; refuses what `parse` refuses, and what JSON
 * has no word for: `NaN`, `Infinity`, a `Map`, a `Set`, bytes.
 */
export function stringify(value: unknown): string;
