// Case files, run in plain Node: read, handed to a handler through the same glue as in a component, and held against
// what they expect. The format is that of `lockstep test`.
import { stand } from '#host';
import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { emittedEvents, engineValue } from './events.js';
import { wrap } from '../handlers.js';
import { address } from './address.js';
import { canonical, isTable, parse, plain, text, twice } from './exact.js';
import { judge, told as inWords } from './judge.js';
import { CASES, findings, meant, settled, unknown } from './schema.js';

/** The files that a pattern names, seen from `folder`: a path whose last part may hold `*`. */
export function files(pattern, folder) {
  const within = resolve(folder, dirname(pattern));
  const parts = basename(pattern)
    .split('*')
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const name = new RegExp(`^${parts.join('.*')}$`);
  const found = existsSync(within)
    ? readdirSync(within)
        .filter((file) => name.test(file))
        .sort()
    : [];
  if (found.length === 0) throw new Error(`there is no case ${pattern} in ${folder}`);
  return found.map((file) => join(within, file));
}

/** A case file, read by `toml` unless it is JSON; an error has all that makes it none. */
export function read(file, toml) {
  const content = readFileSync(file, 'utf8');
  const given = file.endsWith('.json') ? json(content) : plain(told('TOML', () => toml(content)));
  if (!isTable(given)) throw new Error('a case takes a table');
  const { step } = CASES.$defs;
  const known = settled(CASES, step, given);
  refuse(findings(CASES, step, known));
  refuse([...(known.http ?? []).flatMap(misaddressed), ...(known.tools ?? []).flatMap(strange)]);
  return known;
}

function refuse(found) {
  if (found.length > 0) throw new Error(found.join('\n'));
}

function json(content) {
  const given = told('JSON', () => parse(content));
  const key = twice(content);
  if (key !== undefined) throw new Error(`this is not JSON: the key \`${key}\` stands twice in one object`);
  return given;
}

function told(language, read) {
  try {
    return read();
  } catch (error) {
    throw new Error(`this is not ${language}: ${error.message}`);
  }
}

/** An answer that is for no request. */
function misaddressed({ url }) {
  try {
    if (url !== undefined) address(url);
    return [];
  } catch (why) {
    return [`\`http.url\` cannot be ${text(url)}: ${why.message}`];
  }
}

/** What the schema of a tool has that calls are not held to here. */
function strange({ schema }) {
  const hint = 'which plain tests do not know: run this case with `lockstep test`';
  return unknown(schema).map((key) => `\`tools.schema\` has \`${key}\`, ${hint}`);
}

/** Runs a case, and gives every difference from what it expects. */
export function run(given, world, step, { log = () => {}, ...about } = {}) {
  const name = handlerOf(given, world);
  const handler = world.handlers[name];
  const host = stand({ ...given, run: { ...about, ...given.run }, log });
  const parts = parameters(given, handler);
  const values = handler.takes.map(([param, shape]) => engineValue(shape, parts[param], param));
  const came = outcome(() => emittedEvents(handler.gives, wrap(world, step)[name](...values)));
  const happened = host.ended ? { failure: host.ended } : came;
  const found = given.expect
    ? judge(given.expect, { ...happened, ...left(host, happened) })
    : [`the case expects nothing; it came to ${inWords(happened)}`];
  return [...host.unanswered, ...found];
}

function handlerOf({ handler }, world) {
  const known = Object.entries(world.handlers);
  const found = handler === undefined && known.length === 1 ? known[0] : known.find(([, { wit }]) => wit === handler);
  if (found) return found[0];
  const names = known.map(([, { wit }]) => `\`${wit}\``).join(', ');
  throw new Error(
    handler === undefined
      ? `say which \`handler\` it is for: ${names}`
      : `there is no handler \`${handler}\`; there are ${names}`,
  );
}

/** What a handler is called with, by its parameters. */
function parameters({ event, given }, { wit, takes }) {
  const names = takes.map(([name]) => name);
  if (given === undefined && names.length !== 1)
    throw new Error(`\`${wit}\` has several parameters; give ${names.join(', ')} in [given]`);
  const stranger = Object.keys(given ?? {}).find((name) => !names.includes(name));
  if (stranger !== undefined) throw new Error(`\`${wit}\` has no parameter \`${stranger}\`${meant(stranger, names)}`);
  return given ?? { [names[0]]: event };
}

/** What a handler came to: its events, or the failure that the engine was handed. */
function outcome(call) {
  try {
    return { emits: call() };
  } catch (thrown) {
    if (thrown instanceof Error) throw thrown;
    return { failure: { ...thrown, details: thrown.details === null ? undefined : parse(thrown.details) } };
  }
}

/** What an attempt leaves behind: if it fails, its log and its calls. */
function left({ before, state, timers, updates, log, calls }, { failure }) {
  if (failure) return { state: {}, deleted: [], timers: [], updates: [], log, calls };
  const isSame = (key, value) => before.has(key) && canonical(parse(before.get(key))) === canonical(parse(value));
  const changed = [...state].filter(([key, value]) => !isSame(key, value));
  return {
    state: Object.fromEntries(changed.map(([key, value]) => [key, parse(value)])),
    deleted: [...before.keys()].filter((key) => !state.has(key)),
    timers,
    updates,
    log,
    calls,
  };
}
