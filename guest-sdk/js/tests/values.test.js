import assert from 'node:assert/strict';
import test from 'node:test';
import * as is from '../src/shapes.js';
import { Misfit, give, take } from '../src/values.js';
import { Asked, point } from './world.js';

const SAFE = Number.MAX_SAFE_INTEGER;

function misfit(call) {
  try {
    call();
  } catch (error) {
    assert(error instanceof Misfit, String(error));
    return `${error.code} ${error.path} ${error.message}`;
  }
  return assert.fail('it was taken');
}

test('64-bit integers come as bigints, up to the last that the engine hands over exactly', () => {
  for (const value of [0, 1, SAFE]) assert.equal(take(is.u64, value), BigInt(value));
  for (const value of [-SAFE, -1, SAFE]) assert.equal(take(is.s64, value), BigInt(value));
});

test('an integer that the engine has rounded is refused, wherever it stands', () => {
  // 2^53 and 2^53 + 1 both come as 2^53; s64::MIN as -2^63; and u64::MAX as -1.
  const shade = is.variant({ mixed: is.tuple(is.u8, is.u64) });
  const told = ' is beyond 2^53 - 1, and JavaScript could not hold it exactly';
  for (const [shape, value, path] of [
    [is.u64, SAFE + 1, ''],
    [is.u64, -1, ''],
    [is.s64, -(2 ** 63), ''],
    [is.list(is.u64), [1, 2 ** 60], '[1]'],
    [is.tuple(is.string, is.s64), ['a', SAFE + 1], '[1]'],
    [is.option(is.s64), SAFE + 1, ''],
    [is.option(is.option(is.s64)), { tag: 'some', val: SAFE + 1 }, '.some'],
    [is.result(is.u64, is.string), { tag: 'ok', val: 2 ** 64 }, '.ok'],
    [shade, { tag: 'mixed', val: [1, 2 ** 64] }, '.mixed[1]'],
    [point, { x: 1, maybeY: 2 ** 53 }, '.maybeY'],
    [is.list(point), [{ x: 2 ** 53, maybeY: null }], '[0].x'],
    [is.map(is.string, is.u64), new Map([['a', 2 ** 53]]), '[a]'],
  ]) {
    assert.equal(
      misfit(() => take(shape, value)),
      `inexact-integer ${path}${told}`,
      path,
    );
  }
});

test('an integer that the engine would round is not given to it', () => {
  for (const value of [2n ** 53n, 2n ** 64n - 1n, SAFE + 1]) {
    assert.match(
      misfit(() => give(is.u64, value)),
      /^inexact-integer {2}is \d+, and/,
    );
  }
  assert.match(
    misfit(() => give(is.s64, -(2n ** 63n))),
    /^inexact-integer/,
  );
  assert.equal(give(is.u64, BigInt(SAFE)), SAFE);
  assert.equal(give(is.u64, 7), 7);
});

test('a u32 keeps its upper half, which the engine has as negative numbers', () => {
  for (const [engine, author] of [
    [-1, 4294967295],
    [-2147483648, 2147483648],
    [7, 7],
  ]) {
    assert.equal(take(is.u32, engine), author);
    assert.equal(give(is.u32, author), engine);
  }
});

test('what is not there is undefined, and an option within an option says which one is', () => {
  assert.equal(take(is.option(is.string), null), undefined);
  assert.equal(take(is.option(is.string), ''), '');
  assert.deepEqual(take(is.option(is.option(is.string)), { tag: 'some', val: null }), { tag: 'some', val: undefined });
  assert.equal(give(is.option(is.string), undefined), null);
  assert.deepEqual(give(is.option(is.option(is.string)), { tag: 'some', val: undefined }), { tag: 'some', val: null });
  assert.deepEqual(give(is.option(is.option(is.string)), { tag: 'none' }), { tag: 'none' });
});

test('an event comes as an instance of its class, with its fields', () => {
  const asked = is.event('asked', Asked, { count: ['count', is.u64] });
  const event = take(asked, { count: 3 });
  assert(event instanceof Asked);
  assert.equal(event.count, 3n);
});

test('values of every kind come and go as they are', () => {
  for (const [shape, author, engine] of [
    [is.bool, true, true],
    [is.s8, -128, -128],
    [is.f64, NaN, NaN],
    [is.f32, -Infinity, -Infinity],
    [is.f32, 0.5, 0.5],
    [is.char, '🍵', '🍵'],
    [is.json, '{"a":1}', '{"a":1}'],
    [is.bytes, Uint8Array.of(1, 2), Uint8Array.of(1, 2)],
    [is.list(is.u16), [1, 2], [1, 2]],
    [is.tuple(is.u8, is.string), [1, 'a'], [1, 'a']],
    [is.enumeration('red', 'deep-blue'), 'deep-blue', 'deep-blue'],
    [
      is.flags({ first: 'first', secondLast: 'second-last' }),
      { first: false, secondLast: true },
      { first: false, secondLast: true },
    ],
    [is.variant({ plain: undefined, named: is.string }), { tag: 'plain' }, { tag: 'plain' }],
    [is.result(undefined, is.string), { tag: 'ok' }, { tag: 'ok' }],
    [is.map(is.string, is.u8), new Map([['a', 1]]), new Map([['a', 1]])],
  ]) {
    assert.deepEqual(give(shape, author), engine);
    assert.deepEqual(take(shape, engine), author);
  }
});

test('what an author may write otherwise is understood', () => {
  assert.deepEqual(give(is.bytes, [0, 255]), Uint8Array.of(0, 255));
  assert.deepEqual(give(is.list(is.u16), Uint16Array.of(1, 2)), [1, 2]);
  assert.deepEqual(give(is.flags({ first: 'first', last: 'last' }), { last: true }), { first: false, last: true });
  assert.deepEqual(give(is.map(is.string, is.u8), { a: 1 }), new Map([['a', 1]]));
  assert.equal(give(is.string, 'a\ud800'), 'a\ufffd');
});

test('what does not fit its shape is refused with its path', () => {
  for (const [shape, value, told] of [
    [is.bool, 1, ' is 1; it must be true or false'],
    [is.u8, 256, ' is 256; it must be an integer from 0 to 255'],
    [is.u8, 1n, ' is 1; it must be an integer from 0 to 255'],
    [is.u64, -1n, ' is -1; it must be an integer from 0 to 18446744073709551615'],
    [is.s64, 1.5, ' is 1.5; it must be an integer from -9223372036854775808 to 9223372036854775807'],
    [is.f64, '1', ' is "1"; it must be a number'],
    [is.f32, 1e300, ' is 1e+300; it must be a number that f32 can hold'],
    [point, { x: 1n, maybe_y: 3n }, ' has no field `maybe_y`; it has x, maybeY'],
    [is.list(point), [{ x: 1n, z: undefined }], '[0] has no field `z`; it has x, maybeY'],
    [is.char, 'ab', ' is "ab"; it must be a text of one character'],
    [is.string, undefined, ' is missing; it must be a text'],
    [is.json, { a: 1 }, ' is an object; it must be JSON text: `json.stringify(value)`'],
    [is.bytes, 'ab', ' is "ab"; it must be a Uint8Array'],
    [is.bytes, [1, 256], '[1] is 256; it must be an integer from 0 to 255'],
    [is.list(is.string), { length: 0 }, ' is an object; it must be an array'],
    [is.list(is.u8, 2), Uint8Array.of(1), ' is an Uint8Array; it must be an array of 2'],
    [is.tuple(is.u8, is.u8), [1], ' is an array; it must be an array of 2'],
    [is.enumeration('red', 'blue'), 'green', ' is "green"; it must be "red" | "blue"'],
    [is.flags({ first: 'first' }), { second: true }, ' is an object; it must be an object of first'],
    [is.variant({ plain: undefined }), 'plain', ' is "plain"; it must be { tag: "plain", … }'],
    [is.result(is.u8, is.u8), { tag: 'ok', val: 'x' }, '.ok is "x"; it must be an integer from 0 to 255'],
    [
      is.list(point),
      [{ x: 1n }, { x: 'a' }],
      '[1].x is "a"; it must be an integer from -9223372036854775808 to 9223372036854775807',
    ],
    [is.map(is.string, is.u8), 3, ' is 3; it must be a Map'],
  ]) {
    assert.equal(
      misfit(() => give(shape, value)),
      `invalid-event ${told}`,
    );
  }
});
