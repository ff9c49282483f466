// Events as a case file writes them, and as the engine within a component would hand them over: for plain tests, which
// go through the same glue.
import { Float, isTable, parse, spelled, text } from './exact.js';
import { meant } from './schema.js';

const WHOLE = {
  s8: [-128n, 127n],
  u8: [0n, 255n],
  s16: [-32768n, 32767n],
  u16: [0n, 65535n],
  s32: [-(2n ** 31n), 2n ** 31n - 1n],
  u32: [0n, 2n ** 32n - 1n],
  s64: [-(2n ** 63n), 2n ** 63n - 1n],
  u64: [0n, 2n ** 64n - 1n],
};

/** What the engine would hand over of a value of a case file; `path` is where it stands. */
export function engineValue(shape, value, path) {
  const misfit = () => {
    throw new Error(`${path}: expected ${shape.kind}, found ${value === undefined ? 'nothing' : text(value)}`);
  };
  const inner = (of, part, step) => engineValue(of, part, path + step);
  switch (shape.kind) {
    case 'bool':
      return typeof value === 'boolean' ? value : misfit();
    case 'f32':
    case 'f64':
      return float(shape, value) ?? misfit();
    case 'char':
      return typeof value === 'string' && [...value].length === 1 ? value : misfit();
    case 'string':
      return typeof value === 'string' ? value : misfit();
    case 'json':
      return text(value ?? null);
    case 'bytes':
      return binary(value) ?? misfit();
    case 'list':
      return Array.isArray(value) && value.length === (shape.length ?? value.length)
        ? value.map((part, at) => inner(shape.of, part, `[${at}]`))
        : misfit();
    case 'tuple':
      return Array.isArray(value) && value.length === shape.of.length
        ? value.map((part, at) => inner(shape.of[at], part, `[${at}]`))
        : misfit();
    case 'map': {
      const entries = Array.isArray(value) ? value : isTable(value) ? Object.entries(value) : misfit();
      return new Map(entries.map(([key, part]) => [inner(shape.key, key, ''), inner(shape.value, part, `.${key}`)]));
    }
    case 'record':
      return isTable(value) ? fields(shape, value, path) : misfit();
    case 'variant':
    case 'result':
      return sided(shape, value, inner) ?? misfit();
    case 'option':
      return optional(shape, value, inner, misfit);
    case 'enum':
      return shape.cases.includes(value) ? value : misfit();
    case 'flags':
      return Array.isArray(value) && value.every((name) => shape.names.some(([, own]) => own === name))
        ? Object.fromEntries(shape.names.map(([name, own]) => [name, value.includes(own)]))
        : misfit();
    default:
      return integer(shape, value) ?? misfit();
  }
}

/** What the host would make JSON of. */
export function jsonValue(shape, value) {
  switch (shape.kind) {
    case 'u32':
      return value >>> 0;
    case 'f32':
      return Number.isFinite(value) ? shortest(value) : spelled(value);
    case 'f64':
      return Number.isFinite(value) ? value : spelled(value);
    case 'json':
      return parsed(value);
    case 'bytes':
      return Buffer.from(value).toString('base64');
    case 'list':
      return Array.from(value, (part) => jsonValue(shape.of, part));
    case 'tuple':
      return value.map((part, at) => jsonValue(shape.of[at], part));
    case 'map': {
      const entries = Array.from(value, ([key, part]) => [jsonValue(shape.key, key), jsonValue(shape.value, part)]);
      return shape.key.kind === 'string' ? Object.fromEntries(entries) : entries;
    }
    case 'record':
      return Object.fromEntries(shape.fields.map(([name, [key, of]]) => [key, jsonValue(of, value[name])]));
    case 'variant': {
      const of = shape.cases.get(value.tag);
      return of ? { [value.tag]: jsonValue(of, value.val) } : value.tag;
    }
    case 'result': {
      const of = shape[value.tag];
      return { [value.tag]: of ? jsonValue(of, value.val) : null };
    }
    case 'option':
      if (shape.of.kind === 'option') return value.tag === 'none' ? null : { some: jsonValue(shape.of, value.val) };
      return value === null ? null : jsonValue(shape.of, value);
    case 'flags':
      return shape.names.filter(([name]) => value[name]).map(([, own]) => own);
    default:
      return value;
  }
}

/** The events that a handler's result holds, each by its short name. */
export function emittedEvents(shape, value) {
  if (shape === undefined || value === null) return [];
  switch (shape.kind) {
    case 'option':
      return emittedEvents(shape.of, value);
    case 'list':
      return value.flatMap((part) => emittedEvents(shape.of, part));
    case 'variant':
      return emittedEvents(shape.cases.get(value.tag), value.val);
    default:
      return [{ [shape.name]: jsonValue(shape, value) }];
  }
}

function integer({ kind }, value) {
  const isText = typeof value === 'string' && /64$/.test(kind) && /^-?\d+$/.test(value);
  if (!isText && typeof value !== 'bigint' && !Number.isInteger(value)) return undefined;
  const whole = BigInt(value);
  const [least, most] = WHOLE[kind];
  if (whole < least || whole > most) return undefined;
  // The upper half of a u32 comes as negative numbers, and so does the upper end of a u64, by the same shortcut.
  return Number(
    kind === 'u32' || (kind === 'u64' && whole >= 2n ** 64n - 2n ** 31n) ? BigInt.asIntN(32, whole) : whole,
  );
}

function float({ kind }, value) {
  const special = { nan: NaN, inf: Infinity, '-inf': -Infinity }[value];
  const isOther = typeof value === 'bigint' || value instanceof Float;
  const number = special ?? (isOther ? Number(value) : value);
  if (typeof number !== 'number') return undefined;
  return kind === 'f32' ? Math.fround(number) : number;
}

/** Bytes as base64, or as numbers. */
function binary(value) {
  if (Array.isArray(value)) {
    const bytes = value.map((part) => integer({ kind: 'u8' }, part));
    return bytes.includes(undefined) ? undefined : Uint8Array.from(bytes);
  }
  const bytes = typeof value === 'string' ? Buffer.from(value, 'base64') : undefined;
  return bytes?.toString('base64') === value ? Uint8Array.from(bytes) : undefined;
}

function fields(shape, value, path) {
  const known = shape.fields.map(([, [key]]) => key);
  const stranger = Object.keys(value).find((key) => !known.includes(key));
  if (stranger !== undefined) throw new Error(`${path}: there is no field \`${stranger}\`${meant(stranger, known)}`);
  return Object.fromEntries(
    shape.fields.map(([name, [key, of]]) => [name, engineValue(of, value[key], `${path}.${key}`)]),
  );
}

/** A case with what it carries, or its name alone where that is nothing. */
function sided(shape, value, inner) {
  const entries = isTable(value) ? Object.entries(value) : [];
  const [tag, part] = typeof value === 'string' ? [value] : entries.length === 1 ? entries[0] : [];
  const known = shape.kind === 'result' ? ['ok', 'err'] : [...shape.cases.keys()];
  if (!known.includes(tag)) return undefined;
  const of = shape.kind === 'result' ? shape[tag] : shape.cases.get(tag);
  return of ? { tag, val: inner(of, part, `.${tag}`) } : { tag };
}

function optional(shape, value, inner, misfit) {
  if (shape.of.kind !== 'option') return value == null ? null : inner(shape.of, value, '');
  if (value == null) return { tag: 'none' };
  const isSome = isTable(value) && Object.keys(value).join() === 'some';
  return isSome ? { tag: 'some', val: inner(shape.of, value.some, '.some') } : misfit();
}

/** The shortest number that is the same f32. */
function shortest(value) {
  for (let digits = 1; digits < 17; digits++) {
    const number = Number(value.toPrecision(digits));
    if (Math.fround(number) === value) return number;
  }
  return value;
}

/** Text that ought to be JSON; what is none would fail in the host. */
function parsed(json) {
  try {
    return parse(json);
  } catch (error) {
    throw new Error(`${json} is no JSON: ${error.message}`);
  }
}
