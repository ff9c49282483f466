// Values on their way between the engine and an author's hands: 64-bit integers are bigints in the author's, and
// Numbers in the engine's, which rounds them without a word; what is not there is `undefined`; an event is an instance
// of its class. Whatever cannot be told exactly, or does not fit its shape, is a `Misfit` with its path.
import { kind } from './call.js';
import { show } from './show.js';

/** A value that is not what its shape says. */
export class Misfit extends Error {
  constructor(why, code = 'invalid-event') {
    super(why);
    this.code = code;
    this.path = '';
  }

  /** The same, seen from one step further out. */
  within(step) {
    this.path = step + this.path;
    return this;
  }
}

const RANGES = {
  s8: [-0x80, 0x7f],
  u8: [0, 0xff],
  s16: [-0x8000, 0x7fff],
  u16: [0, 0xffff],
  s32: [-0x80000000, 0x7fffffff],
  u32: [0, 0xffffffff],
  s64: [-(2n ** 63n), 2n ** 63n - 1n],
  u64: [0n, 2n ** 64n - 1n],
};

/** What the engine hands over, for the author. */
export function take(shape, value) {
  switch (shape.kind) {
    case 'u32':
      // It comes in its 32 bits, the upper half as negative numbers.
      return value >>> 0;
    case 's64':
    case 'u64':
      return exactly(shape.kind, value);
    case 'list':
      return each(value, (item) => take(shape.of, item));
    case 'tuple':
      return each(value, (item, at) => take(shape.of[at], item));
    case 'map':
      return entries(value, (key, item) => [take(shape.key, key), take(shape.value, item)]);
    case 'record': {
      const fields = byField(shape.fields, (name, [, of]) => take(of, value[name]));
      return shape.event ? new shape.event(fields) : fields;
    }
    case 'variant':
      return tagged(value.tag, shape.cases.get(value.tag), (of) => take(of, value.val));
    case 'result':
      return tagged(value.tag, shape[value.tag], (of) => take(of, value.val));
    case 'option':
      if (shape.of.kind === 'option')
        return tagged(value.tag, value.tag === 'some' && shape.of, (of) => take(of, value.val));
      return value == null ? undefined : take(shape.of, value);
    default:
      return value;
  }
}

/** What an author gives, for the engine. */
export function give(shape, value) {
  switch (shape.kind) {
    case 'bool':
      return typeof value === 'boolean' ? value : wanted('true or false', value);
    case 's64':
    case 'u64':
      return long(shape.kind, value);
    case 'f32':
      // Beyond its range it would be infinite on its way.
      if (Number.isFinite(value) && !Number.isFinite(Math.fround(value))) wanted('a number that f32 can hold', value);
      return typeof value === 'number' ? value : wanted('a number', value);
    case 'f64':
      return typeof value === 'number' ? value : wanted('a number', value);
    case 'char':
      return oneCharacter(value);
    case 'json':
      return typeof value === 'string' ? value.toWellFormed() : wanted('JSON text: `json.stringify(value)`', value);
    case 'string':
      // Half of a surrogate pair, which no UTF-8 can say, becomes `�`.
      return typeof value === 'string' ? value.toWellFormed() : wanted('a text', value);
    case 'bytes':
      return giveBytes(value);
    case 'list':
      return giveList(shape, value);
    case 'tuple':
      if (!Array.isArray(value) || value.length !== shape.of.length) wanted(`an array of ${shape.of.length}`, value);
      return each(value, (item, at) => give(shape.of[at], item));
    case 'map': {
      const given =
        value instanceof Map ? value : shape.key.kind === 'string' && isObject(value) && Object.entries(value);
      return entries(given || wanted('a Map', value), (key, item) => [give(shape.key, key), give(shape.value, item)]);
    }
    case 'record':
      return giveRecord(shape, value);
    case 'variant':
      return giveTagged([...shape.cases.keys()], (tag) => shape.cases.get(tag), value);
    case 'result':
      return giveTagged(['ok', 'err'], (tag) => shape[tag], value);
    case 'option':
      return giveOption(shape, value);
    case 'enum':
      return shape.cases.includes(value) ? value : wanted(oneOf(shape.cases), value);
    case 'flags':
      return giveFlags(shape, value);
    default:
      return integer(shape.kind, value);
  }
}

/** Every item, with its place in what goes wrong. */
function each(items, convert) {
  let at = 0;
  const converted = [];
  try {
    for (const item of items) converted.push(convert(item, at++));
  } catch (error) {
    throw within(error, `[${at - 1}]`);
  }
  return converted;
}

function byField(fields, convert) {
  const record = {};
  for (const [name, field] of fields) {
    try {
      record[name] = convert(name, field);
    } catch (error) {
      throw within(error, `.${name}`);
    }
  }
  return record;
}

function entries(all, convert) {
  const converted = new Map();
  for (const [key, value] of all) {
    try {
      converted.set(...convert(key, value));
    } catch (error) {
      throw within(error, `[${show(key)}]`);
    }
  }
  return converted;
}

function tagged(tag, shape, convert) {
  if (!shape) return { tag };
  try {
    return { tag, val: convert(shape) };
  } catch (error) {
    throw within(error, `.${tag}`);
  }
}

function within(error, step) {
  return error instanceof Misfit ? error.within(step) : error;
}

/** The engine hands over a rounded Number beyond 2^53 - 1, and the largest integers of a u64 as negative ones. */
function exactly(kind, value) {
  if (Number.isSafeInteger(value) && (kind === 's64' || value >= 0)) return BigInt(value);
  throw new Misfit('is beyond 2^53 - 1, and JavaScript could not hold it exactly', 'inexact-integer');
}

function long(kind, value) {
  const isWhole = typeof value === 'bigint' || Number.isInteger(value);
  const [least, most] = RANGES[kind];
  if (!isWhole || value < least || value > most) wanted(`an integer from ${least} to ${most}`, value);
  if (Number.isSafeInteger(Number(value))) return Number(value);
  throw new Misfit(
    `is ${value}, and JavaScript's engine would hand over another number beyond 2^53 - 1`,
    'inexact-integer',
  );
}

function integer(kind, value) {
  const [least, most] = RANGES[kind];
  if (!Number.isInteger(value) || value < least || value > most) wanted(`an integer from ${least} to ${most}`, value);
  // The engine takes a u32 in its 32 bits, whatever their sign.
  return kind === 'u32' ? value | 0 : value;
}

function oneCharacter(value) {
  const isOne = typeof value === 'string' && value.isWellFormed() && [...value].length === 1;
  return isOne ? value : wanted('a text of one character', value);
}

function giveBytes(value) {
  if (value instanceof Uint8Array) return value;
  if (!Array.isArray(value)) wanted('a Uint8Array', value);
  return Uint8Array.from(each(value, (byte) => integer('u8', byte)));
}

function giveList(shape, value) {
  const isList = Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
  if (!isList || (shape.length ?? value.length) !== value.length) {
    wanted(shape.length === undefined ? 'an array' : `an array of ${shape.length}`, value);
  }
  return each(value, (item) => give(shape.of, item));
}

function giveRecord(shape, value) {
  if (!isObject(value)) wanted(shape.event ? `\`new ${shape.event.name}({ … })\`` : 'an object', value);
  const names = shape.fields.map(([name]) => name);
  const stranger = Object.keys(value).find((name) => !names.includes(name));
  if (stranger !== undefined) throw new Misfit(`has no field \`${stranger}\`; it has ${names.join(', ')}`);
  return byField(shape.fields, (name, [, of]) => give(of, value[name]));
}

function giveTagged(tags, shapeOf, value) {
  if (!isObject(value) || !tags.includes(value.tag)) wanted(`{ tag: ${oneOf(tags)}, … }`, value);
  return tagged(value.tag, shapeOf(value.tag), (of) => give(of, value.val));
}

function giveOption(shape, value) {
  if (shape.of.kind !== 'option') return value == null ? null : give(shape.of, value);
  return giveTagged(['none', 'some'], (tag) => tag === 'some' && shape.of, value);
}

function giveFlags(shape, value) {
  const names = shape.names.map(([name]) => name);
  const stranger = isObject(value) && Object.keys(value).find((name) => !names.includes(name));
  if (stranger !== undefined) wanted(`an object of ${names.join(', ')}`, value);
  return Object.fromEntries(names.map((name) => [name, Boolean(value[name])]));
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function oneOf(names) {
  return names.map((name) => `"${name}"`).join(' | ');
}

function wanted(what, value) {
  if (value === undefined) throw new Misfit(`is missing; it must be ${what}`);
  throw new Misfit(`is ${shown(value)}; it must be ${what}`);
}

function shown(value) {
  if (typeof value === 'object' || typeof value === 'function') return kind(value);
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
