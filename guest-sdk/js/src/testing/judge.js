// What happened, held against what a case expects: every difference, with the path to it. The rules are those of
// `lockstep test`: a field that is missing is the same as none, and a whole number may be written as text.
import { text } from './exact.js';

// So much of a value is shown.
const SHOWN = 400;

/** Whether two values say the same. */
export function same(wanted, got) {
  return differences('', wanted, got).length === 0;
}

/** Every difference from `[expect]`. */
export function judge(expect, happened) {
  const { failure } = happened;
  if (expect['or-failure'] && failure) {
    const other = fails('or-failure', expect['or-failure'], failure);
    if (other.length === 0 || !expect.failure) return other;
  }
  return [
    ...came(expect, happened),
    ...(expect.state ? state(expect.state, happened.state) : []),
    ...(expect.deleted ? lines('deleted', expect.deleted.toSorted(), happened.deleted.toSorted()) : []),
    ...(expect.updates ? events('updates', expect.updates, happened.updates) : []),
    ...['timers', 'log', 'calls'].flatMap((key) => (expect[key] ? lines(key, expect[key], happened[key]) : [])),
  ];
}

/** A failure is expected or wrong. */
function came(expect, { failure, emits }) {
  if (expect.failure) {
    return failure ? fails('failure', expect.failure, failure) : [difference('failure', 'a failure', told(emits))];
  }
  if (failure) return [difference('emits', 'events', whole(failure))];
  return expect.emits ? events('emits', expect.emits, emits) : [];
}

function fails(path, wanted, got) {
  const { class: kind, code, message, 'message-contains': part, 'retry-after-ms': after, details } = wanted;
  const pairs = [
    ['class', kind, got.kind],
    ['code', code, got.code],
    ['message', message, got.message],
    ['retry-after-ms', after, got.retryAfterMs],
  ];
  const found = pairs.flatMap(([key, wanted, got]) =>
    wanted === undefined ? [] : differences(`${path}.${key}`, wanted, got),
  );
  if (part !== undefined && !got.message.includes(part)) {
    found.push(difference(`${path}.message-contains`, shown(part), shown(got.message)));
  }
  return details === undefined ? found : [...found, ...differences(`${path}.details`, details, got.details)];
}

function state(wanted, got) {
  const keys = [...new Set([...Object.keys(wanted), ...Object.keys(got)])].sort();
  return keys.flatMap((key) => {
    const path = `state.${key}`;
    if (!Object.hasOwn(got, key)) return [difference(path, shown(wanted[key]), 'no change of this key')];
    if (!Object.hasOwn(wanted, key)) return [difference(path, 'no change of this key', shown(got[key]))];
    return differences(path, wanted[key], got[key]);
  });
}

function events(path, wanted, got) {
  return pairs(wanted, got).flatMap(([wanted, got], at) => {
    const [[name, value] = []] = Object.entries(wanted ?? {});
    const [[own, given] = []] = Object.entries(got ?? {});
    if (wanted && name === own) return differences(`${path}[${at}].${name}`, value, given);
    const event = (name, value) => (name === undefined ? 'nothing' : `${name} ${shown(value)}`);
    return [difference(`${path}[${at}]`, event(name, value), event(own, given))];
  });
}

function lines(path, wanted, got) {
  return pairs(wanted, got).flatMap(([wanted, got], at) => differences(`${path}[${at}]`, wanted, got));
}

function pairs(left, right) {
  return Array.from({ length: Math.max(left.length, right.length) }, (_, at) => [left[at], right[at]]);
}

function differences(path, wanted, got) {
  if (Array.isArray(wanted) && Array.isArray(got)) return lines(path, wanted, got);
  if (isTable(wanted) && isTable(got)) {
    const keys = [...new Set([...Object.keys(wanted), ...Object.keys(got)])].sort();
    return keys.flatMap((key) => differences(`${path}.${key}`, wanted[key], got[key]));
  }
  return isSame(wanted ?? undefined, got ?? undefined) ? [] : [difference(path, shown(wanted), shown(got))];
}

function isSame(wanted, got) {
  const isNumber = typeof got === 'number' || typeof got === 'bigint';
  return wanted === got || (typeof wanted === 'string' && isNumber && wanted === String(got));
}

function isTable(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function difference(path, wanted, got) {
  return `${path}: expected ${wanted}, got ${got}`;
}

function shown(value) {
  if (value === undefined || value === null) return 'nothing';
  const all = text(value);
  return all.length > SHOWN ? `${all.slice(0, SHOWN)}…` : all;
}

/** What was emitted, in words. */
function told(emits) {
  return emits.length === 0 ? 'no event' : emits.map((event) => Object.keys(event)[0]).join(', ');
}

/** A failure, in full. */
function whole({ kind, code, message, retryAfterMs, details }) {
  const after = retryAfterMs == null ? '' : `, again after ${retryAfterMs} ms`;
  return `${kind} \`${code}\`: ${message}${after}${details == null ? '' : `, ${text(details)}`}`;
}
