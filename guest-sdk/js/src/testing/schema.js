// Values held against a JSON Schema, as far as case files and tools need one: every finding has the path of its key. The
// host's own schema of case files lies beside this module.
import { readFileSync } from 'node:fs';
import { canonical, isTable, text } from './exact.js';

/** The schema of case files. */
export const CASES = JSON.parse(readFileSync(new URL('./case.schema.json', import.meta.url), 'utf8'));

// What says nothing about a value, what holds schemas (one, a list of them, some by name), and what else is held to.
const WORDS = 'title description default examples deprecated readOnly writeOnly $schema $id $comment'.split(' ');
const ONE = ['additionalProperties', 'items'];
const LISTS = ['anyOf', 'oneOf'];
const NAMED = ['properties', '$defs', 'definitions'];
const RULES = ['type', 'enum', 'const', 'required', 'dependentRequired'];

const TYPES = {
  string: 'text',
  object: 'a table',
  array: 'a list of tables',
  boolean: 'true or false',
  integer: 'a whole number',
  number: 'a number',
  null: 'nothing',
};

// Each is held to values of its type alone.
const BOUNDS = {
  minimum: ['number', (value, bound) => value >= bound],
  maximum: ['number', (value, bound) => value <= bound],
  minLength: ['string', (value, bound) => [...value].length >= bound],
  maxLength: ['string', (value, bound) => [...value].length <= bound],
  pattern: ['string', (value, bound) => new RegExp(bound, 'u').test(value)],
  minItems: ['array', (value, bound) => value.length >= bound],
  maxItems: ['array', (value, bound) => value.length <= bound],
  minProperties: ['object', (value, bound) => Object.keys(value).length >= bound],
  maxProperties: ['object', (value, bound) => Object.keys(value).length <= bound],
};

/** Everything in a value that a schema does not take; `root` is what its references lead into. */
export function findings(root, schema, value, path = '', outer = undefined) {
  if (typeof schema === 'boolean') return schema ? [] : [`\`${path}\` takes nothing, not ${shown(value)}`];
  const at = resolved(root, schema);
  const title = at.title ?? outer;
  if (!is(at, value) || !isSome(root, at, value)) {
    const near = typeof value === 'string' ? meant(value, at.enum ?? []) : '';
    return [`\`${path}\` takes ${title ?? wanted(at)}, not ${shown(value)}${near}`];
  }
  if (Array.isArray(value)) return value.flatMap((item) => findings(root, at.items ?? true, item, path, title));
  return isTable(value) ? ofTable(root, at, value, path) : [];
}

/** A case without its keys that hold `null`, which are not there, and with the numbers that its texts are. */
export function settled(root, schema, value) {
  const at = resolved(root, schema);
  if (isTable(value) && at.properties) {
    const there = Object.entries(value).filter(([, part]) => part !== null);
    return Object.fromEntries(there.map(([key, part]) => [key, settled(root, at.properties[key] ?? {}, part)]));
  }
  if (Array.isArray(value) && at.items) return value.map((part) => settled(root, at.items, part));
  const isNumber = at.anyOf?.some(({ type }) => type === 'integer') && typeof value === 'string';
  if (!isNumber || !/^\d+$/.test(value)) return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : BigInt(value);
}

/** The keywords of a schema that are not held to here. */
export function unknown(schema) {
  if (!isTable(schema)) return [];
  return Object.entries(schema).flatMap(([key, value]) => {
    if (ONE.includes(key)) return unknown(value);
    if (LISTS.includes(key)) return value.flatMap(unknown);
    if (NAMED.includes(key)) return Object.values(value).flatMap(unknown);
    if (key === '$ref') return value.startsWith('#') ? [] : [key];
    return RULES.includes(key) || WORDS.includes(key) || Object.hasOwn(BOUNDS, key) ? [] : [key];
  });
}

/** The nearest of the words that there are. */
export function meant(word, known) {
  const near = known
    .map((other) => [distance(word, other), other])
    .filter(([far, other]) => far <= Math.max(1, Math.floor(Math.max(word.length, other.length) / 3)))
    .sort(([one], [other]) => one - other)[0];
  return near ? `; did you mean \`${near[1]}\`?` : '';
}

/** How many letters are wrong, missing, too many or in each other's place. */
function distance(left, right) {
  const rows = [Array.from({ length: right.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= left.length; i++) {
    rows.push([i]);
    for (let j = 1; j <= right.length; j++) {
      const other = left[i - 1] === right[j - 1] ? 0 : 1;
      const swapped = i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1];
      const swap = swapped ? rows[i - 2][j - 2] + 1 : Infinity;
      rows[i].push(Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + other, swap));
    }
  }
  return rows.at(-1).at(-1);
}

function resolved(root, schema) {
  if (schema.$ref === undefined) return schema;
  const there = schema.$ref
    .split('/')
    .slice(1)
    .reduce((at, step) => at[step], root);
  return resolved(root, there);
}

function kind(value) {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (isTable(value)) return 'object';
  return typeof value === 'bigint' || typeof value === 'object' ? 'number' : typeof value;
}

/** Whether it is of its type, one of its words and within its bounds. */
function is(schema, value) {
  const own = kind(value);
  const isWhole = typeof value === 'bigint' || Number.isInteger(value);
  const types = [schema.type ?? []].flat();
  if (types.length > 0 && !types.some((type) => type === own || (type === 'integer' && isWhole))) return false;
  const words = schema.enum ?? (schema.const === undefined ? [value] : [schema.const]);
  if (!words.some((word) => canonical(word) === canonical(value))) return false;
  return Object.entries(BOUNDS).every(
    ([key, [of, held]]) => schema[key] === undefined || of !== own || held(value, schema[key]),
  );
}

/** Whether it is any of what it may be, or the one thing that it must be. */
function isSome(root, schema, value) {
  const fits = (schemas) => schemas.filter((one) => findings(root, one, value).length === 0).length;
  if (schema.anyOf && fits(schema.anyOf) === 0) return false;
  return !schema.oneOf || choice(schema).length > 0 || fits(schema.oneOf) === 1;
}

/** The keys of which one must be there, if that is all that `oneOf` says. */
function choice({ oneOf = [] }) {
  const isChoice = oneOf.every((one) => Object.keys(one).join() === 'required');
  return isChoice ? oneOf.map(({ required: [key] }) => key) : [];
}

function wanted(schema) {
  const words = schema.enum ?? (schema.const === undefined ? [] : [schema.const]);
  if (words.length > 0) return `one of ${words.map((word) => JSON.stringify(word)).join(', ')}`;
  const types = [schema.type ?? 'object'].flat().map((type) => TYPES[type]);
  const bounds = Object.keys(BOUNDS).filter((key) => schema[key] !== undefined);
  return [types.join(' or '), ...bounds.map((key) => `with ${key} ${schema[key]}`)].join(' ');
}

function ofTable(root, schema, table, path) {
  const { properties: known = {}, additionalProperties: others = true } = schema;
  const parts = Object.entries(table).flatMap(([key, value]) => {
    const inner = path ? `${path}.${key}` : key;
    if (Object.hasOwn(known, key) || others !== false) return findings(root, known[key] ?? others, value, inner);
    return [`unknown key \`${inner}\`${meant(key, Object.keys(known))}`];
  });
  return [...parts, ...missing(schema, table, path), ...together(schema, table, path)];
}

/** What must be there, and is not. */
function missing({ required = [], dependentRequired = {} }, table, path) {
  const needed = Object.entries(dependentRequired).flatMap(([key, keys]) => (Object.hasOwn(table, key) ? keys : []));
  const keys = [...required, ...needed].filter((key) => !Object.hasOwn(table, key));
  return keys.map((key) => `${told(path, [key])} is missing`);
}

/** What is there and cannot be at once, and of what one must be there. */
function together(schema, table, path) {
  const isThere = (key) => Object.hasOwn(table, key);
  const alone = Object.entries(schema.dependentSchemas ?? {}).filter(([key]) => isThere(key));
  const one = choice(schema);
  const groups = [...alone.map(([key, { properties }]) => [key, ...Object.keys(properties)]), one];
  const many = groups.map((keys) => keys.filter(isThere)).filter((keys) => keys.length > 1);
  const found = many.map((keys) => `${told(path, keys)} stand together; give one of them`);
  return one.length > 0 && !one.some(isThere) ? [...found, `give one of ${told(path, one)}`] : found;
}

function told(path, keys) {
  return keys.map((key) => `\`${path ? `${path}.` : ''}${key}\``).join(', ');
}

function shown(value) {
  if (Array.isArray(value)) return 'a list';
  if (isTable(value)) return 'a table';
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  return value === null ? 'nothing' : text(value);
}
