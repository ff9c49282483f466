import assert from 'node:assert/strict';
import test from 'node:test';
import { Failure } from '../src/failure.js';
import { wrap } from '../src/handlers.js';
import * as is from '../src/shapes.js';
import { Asked, Hushed, Told, either, giving, one } from './world.js';

const event = { what: 'time', count: 3 };

function call(gives, handler, given = event) {
  return wrap(giving(gives), { onAsked: handler }).onAsked(given);
}

function failed(gives, handler, given) {
  try {
    call(gives, handler, given);
  } catch (failure) {
    return failure;
  }
  return assert.fail('it did not fail');
}

test('an event that is returned is the case of the variant that it is', () => {
  const told = new Told({ text: 'noon', points: [{ x: 1n }] });
  assert.deepEqual(
    call(either, () => told),
    { tag: 'told', val: { text: 'noon', points: [{ x: 1, maybeY: null }] } },
  );
  assert.deepEqual(
    call(either, () => new Hushed({ why: '1' })),
    { tag: 'hushed', val: { why: '1' } },
  );
  assert.deepEqual(call(one, () => told).text, 'noon');
});

test('several events, one or none, and nothing at all', () => {
  const hushed = new Hushed({ why: 'null' });
  assert.deepEqual(
    call(is.list(either), () => [hushed]),
    [{ tag: 'hushed', val: { why: 'null' } }],
  );
  assert.deepEqual(
    call(is.list(either), () => []),
    [],
  );
  assert.equal(
    call(is.option(one), () => undefined),
    null,
  );
  assert.deepEqual(
    call(is.option(is.list(either)), () => [hushed]),
    [{ tag: 'hushed', val: { why: 'null' } }],
  );
  assert.equal(
    call(undefined, () => {}),
    undefined,
  );
});

test('a handler takes an event of its class', () => {
  call(undefined, (asked) => {
    assert(asked instanceof Asked);
    assert.equal(asked.count, 3n);
  });
});

test('an event that the world does not declare is a permanent failure that says what may be', () => {
  const may = 'and world `talk` lets it return';
  for (const [gives, returned, message] of [
    [either, new Asked(event), `onAsked returned an Asked, ${may} \`new Told({ … })\` or \`new Hushed({ … })\``],
    [one, { text: 'noon', points: [] }, `onAsked returned an object, ${may} \`new Told({ … })\``],
    [one, undefined, `onAsked returned nothing, ${may} \`new Told({ … })\``],
    [is.list(one), new Told({}), `onAsked returned a Told, ${may} an array of \`new Told({ … })\``],
    [is.list(one), [undefined], `onAsked returned nothing, ${may} an array of \`new Told({ … })\``],
    [is.option(one), 'x', `onAsked returned a string, ${may} \`new Told({ … })\` or nothing`],
    [undefined, new Told({}), `onAsked returned a Told, ${may} nothing`],
    [
      one,
      Promise.resolve(),
      `onAsked returned a Promise, ${may} \`new Told({ … })\`; a handler is not \`async\`: whatever it calls has its result at once`,
    ],
  ]) {
    const failure = failed(gives, () => returned);
    const wanted = {
      kind: 'permanent',
      code: 'undeclared-event',
      message,
    };
    assert.deepEqual({ kind: failure.kind, code: failure.code, message: failure.message }, wanted);
  }
});

test('an event that does not fit its record says which field', () => {
  const failure = failed(one, () => new Told({ text: 'noon', points: [{ x: 'far' }] }));
  assert.equal(failure.code, 'invalid-event');
  assert.match(failure.message, /^`points\[0\]\.x` of the Told that onAsked returned is "far"; it must be an integer/);
});

test('an integer that cannot be told exactly fails, on its way in and on its way out', () => {
  const into = failed(undefined, () => assert.fail('it was called'), { what: '', count: 2 ** 53 });
  assert.equal(into.code, 'inexact-integer');
  assert.match(into.message, /^`event\.count` of onAsked is beyond 2\^53 - 1/);
  const out = failed(one, () => new Told({ text: '', points: [{ x: 2n ** 53n }] }));
  assert.equal(out.code, 'inexact-integer');
  assert.match(out.message, /^`points\[0\]\.x` of the Told that onAsked returned is 9007199254740992/);
});

test('a failure that is thrown is just that', () => {
  const busy = () => {
    throw Failure.transient('busy', 'later', { retryAfterMs: 1500.2, details: { queue: [1n] } });
  };
  const wanted = { kind: 'transient', code: 'busy', message: 'later', retryAfterMs: 1501, details: '{"queue":[1]}' };
  assert.deepEqual(failed(one, busy), wanted);
  const never = () => {
    throw Failure.permanent('never', 'not at all');
  };
  assert.deepEqual(failed(one, never), {
    kind: 'permanent',
    code: 'never',
    message: 'not at all',
    retryAfterMs: null,
    details: null,
  });
});

test('a failure is checked where it is made', () => {
  for (const [retryAfterMs, name] of [
    [NaN, 'TypeError'],
    [Infinity, 'TypeError'],
    ['soon', 'TypeError'],
    [-5, 'RangeError'],
  ]) {
    assert.throws(() => Failure.transient('busy', 'later', { retryAfterMs }), { name, message: /^`retryAfterMs` is / });
  }
  assert.equal(Failure.transient('busy', 'later', { retryAfterMs: 5n }).retryAfterMs, 5);
});

test('details that JSON cannot say are told in words', () => {
  const loop = {};
  loop.loop = loop;
  const odd = () => {
    throw Failure.permanent('odd', 'odd', { details: loop });
  };
  assert.equal(failed(one, odd).details, '"[object Object]"');
});

test('an exception is a permanent failure with its message, its causes and the lines of the author', () => {
  function fall() {
    throw new RangeError('the cup fell', { cause: new Error('the table shook') });
  }
  const failure = failed(one, () => fall());
  assert.deepEqual([failure.kind, failure.code], ['permanent', 'exception']);
  assert.equal(failure.message, 'RangeError: the cup fell: Error: the table shook');
  assert.match(JSON.parse(failure.details).stack[0], /^fall \(.*handlers\.test\.js:\d+\)$/);
});

test('whatever else is thrown is told as it is', () => {
  for (const [thrown, message] of [
    ['spilt', 'spilt'],
    [undefined, 'it threw undefined'],
    [{ a: 1n }, 'it threw {"a":"1n"}'],
  ]) {
    const failure = failed(one, () => {
      throw thrown;
    });
    assert.deepEqual([failure.code, failure.message], ['exception', message]);
  }
});

test('within a component a stack has the lines that the author wrote', () => {
  const table = {
    files: ['step.ts', 'lib/tea.ts'],
    lines: [
      null,
      [
        [2, 0, 7],
        [20, 1, 3],
      ],
    ],
  };
  globalThis[Symbol.for('lockstep.lines')] = JSON.stringify(table);
  const handler = () => {
    const error = new Error('x');
    error.stack =
      '    at brew (bundle.js:2:21)\n    at onAsked (bundle.js:2:5)\n    at handle (bundle.js:1:9)\n    at map (native)\n';
    throw error;
  };
  const { details } = failed(one, handler);
  delete globalThis[Symbol.for('lockstep.lines')];
  assert.deepEqual(JSON.parse(details).stack, ['brew (lib/tea.ts:3)', 'onAsked (step.ts:7)']);
});
