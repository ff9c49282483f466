// What happened, held against what a case expects: every difference, with the path to it. The rules are those of
// `lockstep test`: a field that is missing is the same as none, an element of a list is not, and a whole number may be
// written as text.
import { Float, isTable, text } from './exact.js';

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
    ...(expect.timers ? lines('timers', expect.timers.map(wish), happened.timers.map(wish)) : []),
    ...['log', 'calls'].flatMap((key) => (expect[key] ? lines(key, expect[key], happened[key]) : [])),
  ];
}

/** A failure is expected or wrong. */
function came(expect, { failure, emits }) {
  if (expect.failure) {
    return failure ? fails('failure', expect.failure, failure) : [difference('failure', 'a failure', told({ emits }))];
  }
  if (failure) return [difference('emits', 'events', told({ failure }))];
  return expect.emits ? events('emits', expect.emits, emits) : [];
}

function fails(path, wanted, got) {
  const { class: kind, code, message, 'message-contains': part, 'retry-after-ms': after, details } = wanted;
  const isPart = part === undefined || got.message.includes(part);
  const compared = (key, wanted, got) => (wanted === undefined ? [] : differences(`${path}.${key}`, wanted, got));
  return [
    ...compared('class', kind, got.kind),
    ...compared('code', code, got.code),
    ...compared('message', message, got.message),
    ...(isPart ? [] : [difference(`${path}.message-contains`, shown(part), shown(got.message))]),
    ...compared('retry-after-ms', after, got.retryAfterMs),
    ...compared('details', details, got.details),
  ];
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
  return pairs(wanted, got).flatMap(([left, right], at) => {
    const inner = `${path}[${at}]`;
    const isMissing = at >= wanted.length || at >= got.length;
    return isMissing ? [difference(inner, shown(left), shown(right))] : differences(inner, left, right);
  });
}

/** What is asked of a timer. */
function wish({ set, 'after-ms': after, cancel }) {
  return cancel === undefined ? `set ${set} after ${after} ms` : `cancel ${cancel}`;
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
  return isSame(wanted ?? undefined, got ?? undefined)
    ? []
    : [difference(path, shown(wanted ?? undefined), shown(got ?? undefined))];
}

function isSame(wanted, got) {
  if (typeof wanted === 'string' && isNumber(got)) return wanted === text(got);
  // An integer that JavaScript cannot hold may be the same as a float.
  return wanted === got || (isNumber(wanted) && isNumber(got) && wanted == got.valueOf());
}

function isNumber(value) {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof Float;
}

function difference(path, wanted, got) {
  return `${path}: expected ${wanted}, got ${got}`;
}

function shown(value) {
  if (value === undefined) return 'nothing';
  const all = text(value);
  return all.length > SHOWN ? `${all.slice(0, SHOWN)}…` : all;
}

/** What came of it, in words: the names of the events, or the failure in full. */
export function told({ failure, emits }) {
  if (!failure) return emits.length === 0 ? 'no event' : emits.map((event) => Object.keys(event)[0]).join(', ');
  const { kind, code, message, retryAfterMs, details } = failure;
  const after = retryAfterMs == null ? '' : `, again after ${retryAfterMs} ms`;
  return `${kind} \`${code}\`: ${message}${after}${details == null ? '' : `, ${text(details)}`}`;
}
