// JSON text and plain values. JavaScript's own reader makes another number of an integer that it cannot hold, without
// a word; this one refuses it.
import { kind } from './call.js';
import { Failure } from './failure.js';
import { NUMBERS, isInexact, pieces } from './pieces.js';

// Anything shorter is safe, and most JSON holds nothing longer.
const LONG = /\d{16}/;

/** The value of JSON text; `what` names it in a failure. */
export function parse(text, what = 'the JSON text') {
  for (const [piece, isText] of LONG.test(text) ? pieces(text) : []) {
    const inexactly = !isText && piece.match(NUMBERS)?.find(isInexact);
    if (inexactly) throw inexact(`${what} holds ${inexactly}`);
  }
  return JSON.parse(text);
}

/** The JSON text of a value; a bigint is written as the integer that it is. */
export function stringify(value, what = 'the value') {
  const text = JSON.stringify(value, (_, part) => exact(part, what));
  if (text === undefined) {
    throw wordless(`${what} is ${typeof value}`);
  }
  return text;
}

/** What cannot be told from its neighbour is not written: whoever reads it would read another number. */
function exact(value, what) {
  if (typeof value === 'bigint') {
    if (!Number.isSafeInteger(Number(value))) throw inexact(`${what} holds ${value}`);
    return Number(value);
  }
  // JSON's own writer makes `null` of these numbers and `{}` of these objects, without a word.
  if (typeof value === 'number' && !Number.isFinite(value)) throw wordless(`${what} holds ${value}`);
  if (value instanceof Map || value instanceof Set || ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    throw wordless(`${what} holds ${kind(value)}`);
  }
  // From 1e21 on a number is written with an exponent, which no reader takes for an integer.
  if (Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 1e21) {
    throw inexact(`${what} holds ${value}`);
  }
  return value;
}

function wordless(which) {
  return new TypeError(`${which}, which JSON has no word for`);
}

function inexact(which) {
  const fix = 'JavaScript holds integers exactly up to 2^53 - 1; let it be a text';
  return Failure.permanent('inexact-integer', `${which}; ${fix}`);
}
