// Case files, run in plain Node: read, handed to a handler through the same glue as in a component, and held against
// what they expect. The format is that of `lockstep test`.
import { stand } from '#host';
import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { emittedEvents, engineValue } from './events.js';
import { wrap } from '../handlers.js';
import { judge } from './judge.js';
import { parse, plain, text } from './exact.js';

/** The keys that there are, level by level. */
const KEYS = {
  '': ['case', 'handler', 'event', 'given', 'state', 'http', 'tools', 'run', 'expect'],
  http: ['method', 'url', 'headers', 'body', 'json', 'times', 'answer'],
  'http.answer': ['status', 'headers', 'body', 'json', 'error', 'message', 'denied', 'refused'],
  tools: ['name', 'description', 'schema', 'arguments', 'times', 'answer'],
  'tools.answer': ['output', 'failed', 'error', 'message', 'denied', 'refused'],
  run: ['run', 'workflow', 'step', 'attempt', 'session', 'now', 'random'],
  expect: [
    'emits',
    'failure',
    'or-failure',
    'parked',
    'state',
    'deleted',
    'updates',
    'timers',
    'log',
    'calls',
    'fuel-at-most',
    'memory-at-most',
  ],
  'expect.failure': ['class', 'code', 'message', 'message-contains', 'retry-after-ms', 'details'],
  'expect.or-failure': ['class', 'code', 'message', 'message-contains', 'retry-after-ms', 'details'],
};

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

/** A case file, read by `toml` unless it is JSON. */
export function read(file, toml) {
  const content = readFileSync(file, 'utf8');
  const given = file.endsWith('.json') ? parse(content) : plain(toml(content));
  check(given, '');
  return given;
}

/** Refuses keys that nothing reads. */
function check(value, level) {
  const stranger = Object.keys(value).find((key) => !KEYS[level].includes(key));
  if (stranger !== undefined) {
    throw new Error(`unknown key \`${level ? `${level}.` : ''}${stranger}\`; there are ${KEYS[level].join(', ')}`);
  }
  for (const [key, part] of Object.entries(value)) {
    const inner = level ? `${level}.${key}` : key;
    if (KEYS[inner]) [part].flat().forEach((table) => check(table, inner));
  }
}

/** Runs a case, and gives every difference from what it expects. */
export function run(given, world, step, { log = () => {}, ...about } = {}) {
  const name = handlerOf(given, world);
  const handler = world.handlers[name];
  const host = stand({ ...given, run: { ...about, ...given.run }, log });
  const values = handler.takes.map(([param, shape]) => engineValue(shape, valueOf(given, param), param));
  const happened = outcome(() => emittedEvents(handler.gives, wrap(world, step)[name](...values)));
  if (host.unanswered.length > 0) throw new Error(host.unanswered[0]);
  if (!given.expect) throw new Error(`the case expects nothing; it came to ${text(happened)}`);
  return judge(given.expect, {
    ...happened,
    ...changes(host, happened),
    timers: host.timers,
    log: host.log,
    calls: host.calls,
    updates: host.updates,
  });
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

function valueOf({ event, given }, param) {
  return given ? given[param] : event;
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

/** What an attempt leaves in the state; nothing, if it fails. */
function changes({ before, state }, { failure }) {
  const after = failure ? before : state;
  const changed = [...after].filter(([key, value]) => before.get(key) !== value);
  return {
    state: Object.fromEntries(changed.map(([key, value]) => [key, parse(value)])),
    deleted: [...before.keys()].filter((key) => !after.has(key)),
  };
}
