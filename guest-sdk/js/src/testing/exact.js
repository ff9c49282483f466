// Values of case files and of JSON text, side by side: an integer that JavaScript cannot hold is a bigint in both, a float
// that is whole a `Float`. For plain tests alone: within a component such an integer is refused.
import { NUMBERS, isInexact, pieces } from '../pieces.js';

// Stands before a number that JavaScript would spell otherwise, in a text, while the engine's own reader and writer have
// it.
const MARK = '\u0000number:';
const MARKED = /"\\u0000number:([^"]*)"/g;

/** A float that is whole, which JavaScript cannot tell from an integer. */
export class Float extends Number {
  constructor(spelling) {
    super(spelling);
    this.spelling = spelling;
  }
}

/** The value of JSON text, to its last digit. */
export function parse(text) {
  const mark = (number) => (isInexact(number) || isFloat(number) ? JSON.stringify(MARK + number) : number);
  const marked = Array.from(pieces(text), ([piece, isText]) => (isText ? piece : piece.replace(NUMBERS, mark))).join(
    '',
  );
  return JSON.parse(marked, (_, value) => {
    if (typeof value !== 'string' || !value.startsWith(MARK)) return value;
    const number = value.slice(MARK.length);
    return isInexact(number) ? BigInt(number) : new Float(number);
  });
}

/** Whether a number is whole and is no integer. */
function isFloat(number) {
  return /[.eE]/.test(number) && Number.isSafeInteger(Number(number));
}

/** The first key that stands twice in an object of JSON text. */
export function twice(text) {
  const open = [];
  let last;
  for (const [piece, isText] of pieces(text)) {
    if (isText) last = piece;
    for (const [sign] of isText ? [] : piece.matchAll(/[[\]{}:]/g)) {
      if (sign === '[' || sign === '{') open.push(new Set());
      else if (sign !== ':') open.pop();
      else if (open.at(-1).has(JSON.parse(last))) return JSON.parse(last);
      else open.at(-1).add(JSON.parse(last));
    }
  }
  return undefined;
}

/** The JSON text of a value, to its last digit. */
export function text(value) {
  const marked = (_, part) => {
    if (typeof part === 'bigint') return MARK + part;
    return part instanceof Float ? MARK + part.spelling : part;
  };
  return JSON.stringify(value, marked).replace(MARKED, '$1');
}

/** The one spelling of a value, whatever the order of its keys: what is spelled otherwise is another value. */
export function canonical(value) {
  if (value instanceof Float) return text(new Float(`${Number(value)}.0`));
  if (Array.isArray(value)) return `[${value.map(canonical)}]`;
  if (!isTable(value)) return text(value);
  return `{${Object.keys(value)
    .sort()
    .map((key) => `${text(key)}:${canonical(value[key])}`)}}`;
}

export function isTable(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Float);
}

/** A value of a TOML file, in which integers are bigints, as one of JSON: what TOML alone has a word for is spelled as events have it. */
export function plain(value) {
  if (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) return Number(value);
  if (value instanceof Date)
    throw new Error(`\`${value.toISOString()}\` is a date, which JSON has no word for; quote it`);
  if (typeof value === 'number' && !Number.isFinite(value)) return spelled(value);
  if (Number.isSafeInteger(value)) return new Float(`${value}.0`);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]));
}

/** A float that JSON has no word for. */
export function spelled(value) {
  if (Number.isNaN(value)) return 'nan';
  return value > 0 ? 'inf' : '-inf';
}
