// Values of case files and of JSON text, side by side: an integer that JavaScript cannot hold is a bigint in both.
// For plain tests alone: within a component such an integer is refused.
import { NUMBERS, isInexact, pieces } from '../pieces.js';

// Stands before the digits of such an integer, in a text, while the engine's own reader and writer have it.
const MARK = '\u0000integer:';
const MARKED = /"\\u0000integer:(-?\d+)"/g;

/** The value of JSON text, to its last digit. */
export function parse(text) {
  const mark = (number) => (isInexact(number) ? JSON.stringify(MARK + number) : number);
  const marked = Array.from(pieces(text), ([piece, isText]) => (isText ? piece : piece.replace(NUMBERS, mark))).join(
    '',
  );
  return JSON.parse(marked, (_, value) => {
    const isMarked = typeof value === 'string' && value.startsWith(MARK);
    return isMarked ? BigInt(value.slice(MARK.length)) : value;
  });
}

/** The JSON text of a value, to its last digit. */
export function text(value) {
  const marked = (_, part) => (typeof part === 'bigint' ? MARK + part : part);
  return JSON.stringify(value, marked).replace(MARKED, '$1');
}

/** A value of a TOML file as one of JSON: what TOML alone has a word for is spelled as events have it. */
export function plain(value) {
  if (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) return Number(value);
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'number' && !Number.isFinite(value)) return spelled(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]));
}

/** A float that JSON has no word for. */
export function spelled(value) {
  if (Number.isNaN(value)) return 'nan';
  return value > 0 ? 'inf' : '-inf';
}
