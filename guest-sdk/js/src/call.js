// Arguments on their way to the host: the engine ends the attempt without a word over one of another type, and makes
// another number of an integer that is too large.
import { Failure } from './failure.js';

/** A text; half of a surrogate pair, which no UTF-8 can say, becomes `�`. */
export function text(value, what) {
  if (typeof value !== 'string') throw new TypeError(`${what} is ${kind(value)}; it must be a text`);
  return value.toWellFormed();
}

/** A whole number of milliseconds and the like, as the engine takes it. */
export function whole(value, what, { least = 0 } = {}) {
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number)) {
    throw new TypeError(`${what} is ${typeof value === 'number' ? value : kind(value)}; it must be a whole number`);
  }
  if (!Number.isSafeInteger(number)) {
    throw Failure.permanent('inexact-integer', `${what} is ${value}, and cannot be told exactly beyond 2^53 - 1`);
  }
  if (number < least) throw new RangeError(`${what} is ${value}; it must be at least ${least}`);
  return number;
}

/** Bytes, from a `Uint8Array` or a list of numbers. */
export function bytes(value, what) {
  if (value instanceof Uint8Array) return value;
  if (Array.isArray(value) && value.every((byte) => Number.isInteger(byte) && byte >= 0 && byte < 256)) {
    return Uint8Array.from(value);
  }
  throw new TypeError(`${what} is ${kind(value)}; it must be a Uint8Array`);
}

/** A u32, as the engine takes it: in its 32 bits, whatever their sign. */
export function u32(value, what) {
  const number = whole(value, what);
  if (number > 0xffffffff) throw new RangeError(`${what} is ${value}; it must be at most 4294967295`);
  return number | 0;
}

/** An integer that the host gives, if the engine holds it exactly. */
export function given(value, what) {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw Failure.permanent('inexact-integer', `${what} is beyond 2^53 - 1, and JavaScript cannot hold it exactly`);
}

/** What a call of the host gives; what it gives instead of a result goes through `failure`. */
export function host(call, failure) {
  try {
    return call();
  } catch (error) {
    if (error instanceof Error && 'payload' in error) throw failure(error.payload);
    throw error;
  }
}

/** The kind of a value, for people. */
export function kind(value) {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  if (typeof value !== 'object') return `a ${typeof value}`;
  const name = Object.getPrototypeOf(value)?.constructor?.name || 'Object';
  return name === 'Object' ? 'an object' : `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`;
}
