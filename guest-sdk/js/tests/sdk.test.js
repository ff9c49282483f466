import assert from 'node:assert/strict';
import test from 'node:test';
import * as blob from '../src/blob.js';
import { enter, guarded } from '../src/guard.js';
import * as http from '../src/http.js';
import * as json from '../src/json.js';
import { info } from '../src/log.js';
import * as run from '../src/run.js';
import * as state from '../src/state.js';
import { stand } from '../src/testing/standin.js';
import * as timer from '../src/timer.js';
import * as tools from '../src/tools.js';
import * as updates from '../src/updates.js';
import { decode, encode } from '../src/utf8.js';

function failure(call) {
  try {
    call();
  } catch ({ kind, code, message, name }) {
    return [kind ?? name, code, message];
  }
  return assert.fail('it did not fail');
}

const quiet = (given) => stand({ log: () => {}, ...given });

test('JSON holds what JavaScript can tell from its neighbours, and nothing else', () => {
  for (const text of [
    '9007199254740991',
    '-9007199254740991',
    '"9007199254740993"',
    '1.5e300',
    '9007199254740993.5',
    '{"9007199254740993": "\\"9007199254740993"}',
    '["\\\\", "9007199254740993"]',
    `["${'x'.repeat(9_000_000)}", "9007199254740993"]`,
  ]) {
    assert.deepEqual(json.parse(text), JSON.parse(text));
  }
  for (const text of ['9007199254740993', '[1, -9007199254740992]', '{"a\\"": 18446744073709551615}']) {
    assert.equal(failure(() => json.parse(text))[1], 'inexact-integer', text);
  }
  assert.equal(json.stringify({ a: 5n, b: 1e300 }), '{"a":5,"b":1e+300}');
  for (const value of [2n ** 53n, [2 ** 53], { a: -(2n ** 63n) }]) {
    assert.equal(failure(() => json.stringify(value))[1], 'inexact-integer');
  }
  assert.deepEqual(
    failure(() => json.stringify(undefined)),
    ['TypeError', undefined, 'the value is undefined, which JSON has no word for'],
  );
  for (const [value, told] of [
    [0 / 0, 'NaN'],
    [[1, -Infinity], '-Infinity'],
    [{ a: new Map([[1, 2]]) }, 'a Map'],
    [{ a: new Set([1]) }, 'a Set'],
    [{ a: Uint8Array.of(1) }, 'an Uint8Array'],
    [new ArrayBuffer(1), 'an ArrayBuffer'],
  ]) {
    assert.deepEqual(
      failure(() => json.stringify(value)),
      ['TypeError', undefined, `the value holds ${told}, which JSON has no word for`],
    );
  }
});

test('UTF-8 is read and written as everywhere else', () => {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  for (const text of ['', 'Tee', 'ß茶🍵', '\ud800x\udc00', '\ufeff', '\u0000\u07ff\uffff\u{10ffff}']) {
    assert.deepEqual(encode(text), new TextEncoder().encode(text));
  }
  // Every way of being wrong lies between these bytes.
  const edges = [
    0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5,
    0xff,
  ];
  for (const a of edges)
    for (const b of edges)
      for (const c of edges)
        for (const d of [0x41, 0x80, 0xbf, 0xf0]) {
          const bytes = Uint8Array.of(a, b, c, d);
          assert.equal(decode(bytes), decoder.decode(bytes), bytes.join());
        }
});

test('UTF-8 is cut into parts where a character begins', () => {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  for (const filling of ['a', 'ß', '茶', '🍵', '\u{fffd}']) {
    for (let before = 0; before < 5; before++) {
      const bytes = new TextEncoder().encode('x'.repeat(before) + filling.repeat(20_000));
      for (const broken of [bytes, bytes.subarray(0, -1), bytes.with(16_384, 0x80), bytes.with(16_383, 0xff)]) {
        assert(decode(broken) === decoder.decode(broken), `${before} ${filling}`);
      }
    }
  }
  const strays = new Uint8Array(40_000).fill(0x80);
  assert(decode(strays) === decoder.decode(strays));
});

test('state takes and gives plain values', () => {
  const { state: held } = quiet({ state: { count: 4, list: [1], gone: true } });
  state.set('cup', { of: 'tea', n: 3n });
  state.add('count', 3n);
  state.add('fresh', -1);
  state.append('list', 'two');
  state.delete('gone');
  assert.deepEqual([...held.values()], ['7', '[1,"two"]', '{"of":"tea","n":3}', '-1']);
  assert.deepEqual(state.get('cup'), { of: 'tea', n: 3 });
  assert.equal(state.get('gone'), undefined);
  assert.deepEqual(state.keys(), ['count', 'cup', 'fresh', 'list']);
  assert.deepEqual(state.keys('c'), ['count', 'cup']);
  assert.deepEqual(state.page('list', 1, 5), ['two']);
});

test('a list is read to its end, page by page', () => {
  quiet({ state: { list: Array.from({ length: 2500 }, (_, n) => n), none: [] } });
  assert.deepEqual([...state.elements('list')].length, 2500);
  assert.deepEqual([...state.elements('none')], []);
  assert.deepEqual([...state.elements('nowhere')], []);
});

test('state refuses an integer that would become another', () => {
  quiet({ state: { big: 2n ** 60n } });
  const fix = 'JavaScript holds integers exactly up to 2^53 - 1; let it be a text';
  assert.deepEqual(
    failure(() => state.get('big')),
    ['permanent', 'inexact-integer', `the state key \`big\` holds 1152921504606846976; ${fix}`],
  );
  assert.equal(failure(() => state.set('big', 2n ** 60n))[1], 'inexact-integer');
  assert.equal(failure(() => state.add('n', 2n ** 60n))[1], 'inexact-integer');
  assert.deepEqual(
    failure(() => state.get(5)),
    ['TypeError', undefined, 'the state key is a number; it must be a text'],
  );
});

test('a request is what was put together', () => {
  const { calls } = quiet({
    http: [
      {
        method: 'POST',
        url: 'https://a.example/',
        headers: { 'content-type': 'application/json', 'x-a': 'b' },
        json: { a: 1 },
        answer: { status: 201, headers: { 'X-Kind': 'tea' }, json: { n: 7 } },
      },
    ],
  });
  const answer = http.post('https://a.example', { json: { a: 1n }, headers: { 'X-A': 'b' } });
  assert.deepEqual(
    [answer.status, answer.header('x-KIND'), answer.header('y'), answer.json()],
    [201, 'tea', undefined, { n: 7 }],
  );
  assert.deepEqual(calls, ['POST https://a.example/']);
  assert.match(failure(() => http.get('https://a.example', { timeout: 5 }))[2], /no option `timeout`/);
  assert.match(failure(() => http.post('https://a.example', { body: { a: 1 } }))[2], /the body is an object/);
  assert.match(failure(() => http.post('https://a.example', { body: '', json: 1 }))[2], /not both/);
});

test('the header of JSON stands aside for one of the author', () => {
  const sent = (headers) => {
    const wanted = { 'content-type': 'application/json' };
    quiet({ http: [{ headers: wanted, answer: { status: 200 } }, { answer: { status: 201 } }] });
    return http.post('https://a.example', { json: null, headers }).status;
  };
  assert.equal(sent({ accept: 'x' }), 200);
  assert.equal(sent({ 'Content-Type': 'application/merge-patch+json' }), 201);
  assert.equal(sent([['CONTENT-TYPE', 'application/merge-patch+json']]), 201);
});

test('an answer that is no JSON is a failure that rules can match', () => {
  quiet({ http: [{ answer: { body: 'tea' } }] });
  const [kind, code, message] = failure(() => http.get('https://a.example').json());
  assert.deepEqual([kind, code], ['permanent', 'http-not-json']);
  assert.match(message, /^the answer is not JSON: ./);
});

test('a request without an answer is a failure that rules can match', () => {
  for (const [answer, ...wanted] of [
    [{ denied: 'path' }, 'permanent', 'http-denied', 'the grant does not allow `GET https://a.example/`: path'],
    [{ refused: 'not today' }, 'permanent', 'http-refused', 'not today'],
    [{ error: 'timeout' }, 'transient', 'http-timeout', 'the server did not answer in time'],
    [{ error: 'too-large' }, 'permanent', 'http-too-large', 'the answer is too large for the grant'],
    [{ error: 'connect', message: 'no' }, 'transient', 'http-connect', 'no connection: no'],
    [{ error: 'tls', message: 'no' }, 'transient', 'http-tls', 'no secure connection: no'],
    [{ error: 'protocol', message: 'no' }, 'transient', 'http-protocol', 'no proper answer: no'],
    [{ error: 'invalid-request', message: 'no' }, 'permanent', 'http-invalid-request', 'no'],
  ]) {
    quiet({ http: [{ answer }] });
    assert.deepEqual(
      failure(() => http.get('https://a.example/')),
      wanted,
    );
  }
});

test('statuses that may pass are transient', () => {
  for (const [status, kind] of [
    [204],
    [302, 'permanent'],
    [404, 'permanent'],
    [408, 'transient'],
    [425, 'transient'],
    [429, 'transient'],
    [503, 'transient'],
  ]) {
    quiet({ http: [{ answer: { status } }] });
    const answer = http.get('https://a.example/');
    if (kind === undefined) assert.equal(answer.successful(), answer);
    else
      assert.deepEqual(
        failure(() => answer.successful()),
        [kind, 'http-status', `the server answered with ${status}`],
      );
  }
});

test('a tool takes and gives plain values, and fails by rules', () => {
  quiet({
    tools: [{ name: 'brew', description: 'makes tea', arguments: { cups: 2 }, answer: { output: { made: 'tea' } } }],
  });
  assert.deepEqual(tools.list(), [{ name: 'brew', description: 'makes tea', inputSchema: { type: 'object' } }]);
  assert.deepEqual(tools.call('brew', { cups: 2n }), { made: 'tea' });
  for (const [answer, ...wanted] of [
    [{ denied: 'argument' }, 'permanent', 'tool-denied', 'the grant does not allow `case/brew`: argument'],
    [{ refused: 'not today' }, 'permanent', 'tool-refused', 'not today'],
    [{ error: 'invalid-arguments', message: 'n' }, 'permanent', 'tool-invalid-arguments', 'n'],
    [{ failed: 'no water' }, 'permanent', 'tool-failed', 'no water'],
    [{ error: 'timeout' }, 'transient', 'tool-timeout', 'the tool took longer than it may'],
    [{ error: 'too-large' }, 'permanent', 'tool-too-large', 'the result is too large for the grant'],
    [{ error: 'unavailable', message: 'it crashed' }, 'transient', 'tool-unavailable', 'it crashed'],
  ]) {
    quiet({ tools: [{ name: 'brew', answer }] });
    assert.deepEqual(
      failure(() => tools.call('brew')),
      wanted,
    );
  }
});

test('parts make the whole of a blob at every length', () => {
  quiet();
  const part = 4 << 20;
  for (const length of [0, 1, part - 1, part, part + 1, 2 * part]) {
    const bytes = Uint8Array.from({ length }, (_, at) => at % 251);
    assert.equal(Buffer.compare(blob.read(blob.put(bytes)), bytes), 0, String(length));
  }
  assert.deepEqual(failure(() => blob.get('sha256:' + '0'.repeat(64), 0, 1)).slice(0, 2), [
    'permanent',
    'blob-unknown',
  ]);
  assert.deepEqual(failure(() => blob.get('tea', 0, 1)).slice(0, 2), ['permanent', 'blob-reference']);
});

test('timers are rounded up, so that none fires early', () => {
  const { timers } = quiet();
  timer.set('remind', 1.2);
  timer.set('remind', 5n);
  timer.cancel('forget');
  assert.deepEqual(timers, [{ set: 'remind', 'after-ms': 2 }, { set: 'remind', 'after-ms': 5 }, { cancel: 'forget' }]);
  assert.equal(failure(() => timer.set('remind', -1))[0], 'RangeError');
  assert.equal(failure(() => timer.set('remind', 2n ** 53n))[1], 'inexact-integer');
});

test('a step knows its run, one time and chance', () => {
  quiet({ run: { attempt: 4294967295, session: 'noon', now: 1750000000000 } });
  const { attempt, session, deadlineMs } = run.whoami();
  assert.deepEqual([attempt, session, deadlineMs], [4294967295, 'noon', 1750000030000]);
  assert.equal(run.now(), 1750000000000);
  assert.notDeepEqual(run.random(40), run.random(40));
});

test('lines and items are for whoever watches', () => {
  const { log, updates: items } = quiet();
  info('cup', { n: 1n }, [1], undefined);
  updates.publish('progress', { done: 3 });
  assert.deepEqual(log, ['info: cup {"n":"1n"} [1] undefined']);
  assert.deepEqual(items, [{ progress: { done: 3 } }]);
});

test('the host is there for handlers, and for nothing before them', () => {
  const host = guarded({ state: { get: () => 'tea' } });
  assert.throws(() => host.state.get('cup'), /`state\.get` is called at the top of a module, where there is no run/);
  enter();
  assert.equal(host.state.get('cup'), 'tea');
});
