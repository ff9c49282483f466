import assert from 'node:assert/strict';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { Failure } from '../src/failure.js';
import * as http from '../src/http.js';
import { info } from '../src/log.js';
import { whoami } from '../src/run.js';
import * as is from '../src/shapes.js';
import * as state from '../src/state.js';
import { read, run } from '../src/testing/cases.js';
import { engineValue, jsonValue } from '../src/testing/events.js';
import { text } from '../src/testing/exact.js';
import { same } from '../src/testing/judge.js';
import { stand } from '../src/testing/standin.js';
import * as timer from '../src/timer.js';
import * as tools from '../src/tools.js';
import * as updates from '../src/updates.js';
import { Told, either, giving, one } from './world.js';

const step = {
  onAsked(event) {
    if (event.what === 'fail') throw Failure.transient('busy', 'later, please', { retryAfterMs: 5, details: { n: 1 } });
    if (event.what === 'fetch') http.get('https://a.example/');
    state.set('seen', Number(event.count));
    state.delete('gone');
    updates.publish('progress', event.what);
    timer.set('remind', 5);
    info(event.what);
    return new Told({ text: event.what, points: [{ x: event.count }] });
  },
};

/** What `run` finds of a case that expects this. */
function found(expect, given = {}) {
  const event = { what: 'time', count: 3 };
  return run({ event, state: { gone: 1, kept: 2 }, expect, ...given }, giving(either), step).join('\n');
}

const whole = {
  emits: [{ told: { text: 'time', points: [{ x: '3' }] } }],
  state: { seen: 3 },
  deleted: ['gone'],
  updates: [{ progress: 'time' }],
  timers: [{ set: 'remind', 'after-ms': 5 }],
  log: ['info: time'],
  calls: [],
};

test('a case that holds finds nothing', () => {
  assert.equal(found(whole), '');
});

test('whatever a case expects otherwise is found', () => {
  for (const [expect, told] of [
    [{ emits: [] }, 'emits[0]: expected nothing, got told {"text":"time","points":[{"x":3,"maybe_y":null}]}'],
    [
      { emits: [{ hushed: {} }] },
      'emits[0]: expected hushed {}, got told {"text":"time","points":[{"x":3,"maybe_y":null}]}',
    ],
    [{ emits: [{ told: { text: 'noon', points: [{ x: 3 }] } }] }, 'emits[0].told.text: expected "noon", got "time"'],
    [
      { emits: [{ told: { text: 'time', points: [{ x: 3 }], more: 1 } }] },
      'emits[0].told.more: expected 1, got nothing',
    ],
    [{ state: {} }, 'state.seen: expected no change of this key, got 3'],
    [{ state: { seen: 3, kept: 2 } }, 'state.kept: expected 2, got no change of this key'],
    [{ state: { seen: 4 } }, 'state.seen: expected 4, got 3'],
    [{ deleted: [] }, 'deleted[0]: expected nothing, got "gone"'],
    [{ updates: [{ progress: 'noon' }] }, 'updates[0].progress: expected "noon", got "time"'],
    [{ timers: [{ cancel: 'remind' }] }, 'timers[0]: expected "cancel remind", got "set remind after 5 ms"'],
    [{ log: ['info: time', 'info: more'] }, 'log[1]: expected "info: more", got nothing'],
    [{ calls: ['GET https://a.example/'] }, 'calls[0]: expected "GET https://a.example/", got nothing'],
    [{ failure: {} }, 'failure: expected a failure, got told'],
  ]) {
    assert.equal(found(expect), told);
  }
});

test('a failure is expected or wrong', () => {
  const given = { event: { what: 'fail', count: 3 } };
  const busy = {
    class: 'transient',
    code: 'busy',
    message: 'later, please',
    'message-contains': 'later',
    'retry-after-ms': 5,
    details: { n: 1 },
  };
  assert.equal(found({ failure: busy }, given), '');
  assert.equal(found({ 'or-failure': busy, emits: [] }, given), '');
  assert.equal(
    found({ failure: busy, state: {}, deleted: [] }, given),
    '',
    'a failed attempt leaves nothing in the state',
  );
  assert.equal(
    found({ emits: [] }, given),
    'emits: expected events, got transient `busy`: later, please, again after 5 ms, {"n":1}',
  );
  assert.equal(found({ failure: { code: 'idle' } }, given), 'failure.code: expected "idle", got "busy"');
  assert.equal(
    found({ failure: { 'message-contains': 'never' } }, given),
    'failure.message-contains: expected "never", got "later, please"',
  );
});

test('a case that does not say what it needs is refused, and so is one that says something unknown', () => {
  const refusal = (given) => {
    try {
      run({ event: { what: 'time', count: 3 }, expect: {}, ...given }, giving(one), step);
    } catch (error) {
      return error.message;
    }
    return assert.fail('it ran');
  };
  assert.equal(refusal({ handler: 'on-told' }), 'there is no handler `on-told`; there are `on-asked`');
  assert.equal(refusal({ event: { what: 5, count: 3 } }), 'event.what: expected string, found 5');
  assert.equal(refusal({ event: { what: 'x' } }), 'event.count: expected u64, found nothing');
  assert.equal(
    refusal({ event: { what: 'x', count: 1, cuont: 1 } }),
    'event: there is no field `cuont`; did you mean `count`?',
  );
});

test('a case that expects nothing says what it came to, and one that does not answer a call says which', () => {
  assert.equal(found(undefined), 'the case expects nothing; it came to told');
  const http = [{ url: 'https://b.example/', answer: {} }];
  assert.equal(
    found({ failure: { code: 'http-connect' } }, { event: { what: 'fetch', count: 1 }, http }),
    'the case does not answer `GET https://a.example/`: its `url` is https://b.example/',
  );
});

test('what ends an attempt cannot be caught', () => {
  const adding = {
    onAsked(event) {
      try {
        state.add('kept', 1);
      } catch {
        return step.onAsked(event);
      }
      return assert.fail('it went on');
    },
  };
  const given = { event: { what: 'time', count: 3 }, state: { kept: 'text' } };
  const failure = { class: 'invalid', code: 'state', 'message-contains': '`kept` holds "text"' };
  assert.deepEqual(run({ ...given, expect: { failure, state: {}, timers: [] } }, giving(one), adding), []);
});

test('what a step is told of itself is that of `lockstep test`', () => {
  const {
    attempt,
    run: id,
    workflow,
    deadlineMs,
  } = (run({ event: { what: '', count: 1 } }, giving(one), step), whoami());
  assert.deepEqual(
    [attempt, id, workflow, deadlineMs],
    [1, '01HCASE0000000000000000000', '', Date.UTC(2026, 0, 1) + 30_000],
  );
});

test('tools are listed by name, each as it stands first', () => {
  const named = (name, description) => ({ name, description, answer: { output: 1 } });
  stand({ tools: [named('pour', 'one'), named('brew', 'two'), named('pour', 'three')] });
  assert.deepEqual(
    tools.list().map(({ name, description }) => `${name}: ${description}`),
    ['brew: two', 'pour: one'],
  );
});

test('a TOML file has floats that are whole, and no dates', () => {
  // What its reader gives: integers are bigints.
  const toml = (values) => read(fileURLToPath(import.meta.url), () => ({ event: {}, ...values }));
  assert.equal(text(toml({ state: { a: 1.0, b: 1n, c: 0.5, d: NaN } }).state), '{"a":1.0,"b":1,"c":0.5,"d":"nan"}');
  assert.throws(() => toml({ state: { a: [new Date(0)] } }), /`1970-01-01T00:00:00.000Z` is a date, .*; quote it$/);
  assert.throws(
    () => run(toml({ event: { what: 'x', count: 1.0 } }), giving(one), step),
    /^Error: event\.count: expected u64, found 1\.0$/,
  );
});

test('a schema that says more than plain tests know is refused by name', () => {
  const schema = { properties: { cups: { anyOf: [{ multipleOf: 2 }] } }, title: 'known' };
  const file = () => ({ event: {}, tools: [{ name: 'brew', schema }] });
  assert.throws(
    () => read(fileURLToPath(import.meta.url), file),
    /^Error: `tools\.schema` has `multipleOf`, which plain tests do not know: run this case with `lockstep test`$/,
  );
});

test('answers are given in their order, as often as they are there', () => {
  const http = [{ times: 1, answer: { status: 200 } }];
  assert.equal(found({ calls: ['GET https://a.example/'] }, { event: { what: 'fetch', count: 1 }, http }), '');
  const twice = { onAsked: (event) => (step.onAsked(event), step.onAsked(event)) };
  const [unanswered] = run({ event: { what: 'fetch', count: 1 }, http, expect: {} }, giving(one), twice);
  assert.match(unanswered, /it was given 1 times already$/);
});

test('values are handed over as the engine has them, and told as the host has them', () => {
  for (const [shape, given, engine, told = given] of [
    [is.u64, '18446744073709551615', -1, -1],
    [is.u64, 2n ** 53n + 1n, 2 ** 53, 2 ** 53],
    [is.s64, -5, -5],
    [is.u32, 4294967295, -1],
    [is.f32, 0.1, Math.fround(0.1)],
    [is.f64, 'nan', NaN],
    [is.f64, '-inf', -Infinity],
    [is.bytes, 'AAH+/w==', Uint8Array.of(0, 1, 254, 255)],
    [is.json, { a: [2n ** 60n, 'x'] }, '{"a":[1152921504606846976,"x"]}'],
    [is.option(is.option(is.u8)), { some: null }, { tag: 'some', val: null }],
    [is.option(is.u8), null, null],
    [is.variant({ plain: undefined, mixed: is.tuple(is.u8, is.u8) }), { mixed: [1, 2] }, { tag: 'mixed', val: [1, 2] }],
    [is.variant({ plain: undefined }), 'plain', { tag: 'plain' }],
    [is.result(is.u32, undefined), { err: null }, { tag: 'err' }],
    [is.flags({ first: 'first', secondLast: 'second-last' }), ['second-last'], { first: false, secondLast: true }],
    [is.map(is.string, is.u8), { a: 1 }, new Map([['a', 1]])],
    [is.map(is.u8, is.u8), [[1, 2]], new Map([[1, 2]])],
  ]) {
    assert.deepEqual(engineValue(shape, given, 'event'), engine);
    assert(same(told, jsonValue(shape, engine)), shape.kind);
  }
});
