// The tables that every reader of case files is held to, those of the host and of the other SDKs too.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { Failure } from '../src/failure.js';
import * as http from '../src/http.js';
import * as log from '../src/log.js';
import * as is from '../src/shapes.js';
import * as state from '../src/state.js';
import { address, method, NoRequest } from '../src/testing/address.js';
import { read, run } from '../src/testing/cases.js';
import { engineValue } from '../src/testing/events.js';
import { parse, text } from '../src/testing/exact.js';
import * as timer from '../src/timer.js';
import * as tools from '../src/tools.js';
import * as updates from '../src/updates.js';
import { take } from '../src/values.js';

const CORE = new URL('../../../host/core/src/', import.meta.url);
const table = (path) => parse(readFileSync(new URL(path, CORE), 'utf8'));

class Event {
  constructor(fields) {
    Object.assign(this, fields);
  }
}
class Asked extends Event {}
class Told extends Event {}
class Hushed extends Event {}

// As room.wit, which lies beside the table, has them.
const pair = is.tuple(is.u8, is.u8);
const EVENTS = {
  told: is.event('told', Told, {
    text: ['text', is.option(is.string)],
    count: ['count', is.option(is.u64)],
    tags: ['tags', is.option(is.list(is.string))],
    maybe: ['maybe', is.option(is.list(is.option(is.u32)))],
    single: ['single', is.option(is.f32)],
    any: ['any', is.option(is.json)],
  }),
  hushed: is.event('hushed', Hushed, { why: ['why', is.option(is.string)] }),
};
const asked = is.event('asked', Asked, {
  what: ['what', is.option(is.string)],
  count: ['count', is.option(is.u64)],
  bytes: ['bytes', is.option(is.bytes)],
  pair: ['pair', is.option(pair)],
});
const world = {
  name: 'room',
  handlers: { onAsked: { wit: 'on-asked', takes: [['event', asked]], gives: is.list(is.variant(EVENTS)) } },
};

/** A handler that does what a row says. */
const handler = ({ calls = [], deleted = [], timers = [], failure, emits = [], ...does }) => ({
  onAsked() {
    for (const call of calls) assert.equal(got(call), call.gets);
    for (const [key, value] of Object.entries(does.state ?? {})) state.set(key, value);
    for (const key of deleted) state.delete(key);
    for (const update of does.updates ?? []) updates.publish(...Object.entries(update)[0]);
    for (const { set, 'after-ms': afterMs, cancel } of timers)
      cancel === undefined ? timer.set(set, afterMs) : timer.cancel(cancel);
    for (const [level, line] of (does.log ?? []).map((line) => line.split(': '))) log[level](line);
    if (failure) {
      const { class: kind, code, message, 'retry-after-ms': retryAfterMs, details } = failure;
      throw Failure[kind](code, message, { retryAfterMs, details });
    }
    return emits.flatMap((event) =>
      Object.entries(event).map(([name, value]) => take(EVENTS[name], engineValue(EVENTS[name], value, name))),
    );
  },
});

/** The text that a call gives, or the code of its failure. */
function got(call) {
  try {
    if (call.tool) return JSON.stringify(tools.call(call.tool, call.arguments));
    const [name, url] = call.http.split(' ');
    return http.request(name, url, { json: call.json }).text();
  } catch ({ code }) {
    return code;
  }
}

const folder = mkdtempSync(join(tmpdir(), 'lockstep-'));
after(() => rmSync(folder, { recursive: true }));

function found(row) {
  const file = join(folder, 'case.json');
  writeFileSync(file, row.json ?? text(row.case));
  try {
    return run(read(file), world, handler(row.does));
  } catch (error) {
    return error.message.split('\n');
  }
}

// What TOML alone has is tried beside the other cases: its reader is no part of the SDK.
for (const row of table('case/tests/table.json').rows.filter(({ toml }) => toml === undefined)) {
  test(row.says, () => {
    const { refused, unanswered } = row.verdict;
    const lines = found(row);
    if (refused) {
      assert.equal(lines.length, refused.length, lines.join('\n'));
      for (const part of refused)
        assert(
          lines.some((line) => line.includes(part)),
          `${part}\n${lines.join('\n')}`,
        );
    } else if (unanswered) {
      const calls = lines.map((line) => /does not answer `([^`]*)`/.exec(line)?.[1]).filter(Boolean);
      assert.deepEqual(calls, unanswered);
    } else {
      assert.deepEqual(
        lines.map((line) => line.split(': ')[0]),
        row.verdict,
      );
    }
  });
}

test('a request has the spelling of the host, or is none', () => {
  for (const [request, spelled] of table('grant/http/addresses.json')) {
    const [name, url] = [request.slice(0, request.indexOf(' ')), request.slice(request.indexOf(' ') + 1)];
    const ask = () => `${method(name)} ${address(url)}`;
    if (spelled === null) assert.throws(ask, NoRequest, request);
    else assert.equal(ask(), spelled, request);
  }
});
