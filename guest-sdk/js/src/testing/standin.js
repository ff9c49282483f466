// A stand-in for the host, in plain Node: state in memory, a log on the console, and the answers that a case gives. It
// hands values over just as the engine within a component does.
import { createHash } from 'node:crypto';
import { NoRequest, address, method as spelledMethod } from './address.js';
import { parse, text } from './exact.js';
import { same } from './judge.js';
import { findings } from './schema.js';
import { encode } from '../utf8.js';

/** What a step is told that asks for what its case does not answer. */
const NO_ANSWER = 'the case has no answer for it';

/** What the host calls the server of the tools of a step that is tested by itself. */
const SERVER = 'case';

/** What a step finds around it, and what it has done. */
class StandIn {
  constructor({ state = {}, http = [], tools = [], run = {}, log } = {}) {
    this.before = new Map(Object.entries(state).map(([key, value]) => [key, text(value)]));
    this.state = new Map(this.before);
    this.answers = { http: http.map(spelled).map(counted), tools: tools.map(counted) };
    this.run = {
      run: '01HCASE0000000000000000000',
      workflow: '',
      step: 'step',
      attempt: 1,
      now: Date.UTC(2026, 0, 1),
      random: 1,
      ...run,
    };
    this.say = log ?? ((level, message) => console.log(`${level}: ${message}`));
    this.log = [];
    this.updates = [];
    this.timers = [];
    this.calls = [];
    this.blobs = new Map();
    this.chance = 0;
    /** Calls that no answer of the case is for: the case is wrong, not the step. */
    this.unanswered = [];
    /** The failure that the attempt has ended with, whatever the step does now. */
    this.ended = undefined;
  }

  /** The first answer that fits and is not used up; the call leaves, unless it is one that says no. */
  answer(kind, line, told, mismatch) {
    const reasons = [];
    for (const entry of this.answers[kind]) {
      const why =
        mismatch(entry.of) ??
        (entry.given >= (entry.of.times ?? Infinity) ? `it was given ${entry.given} times already` : undefined);
      if (why === undefined) {
        entry.given++;
        if (entry.of.answer.denied === undefined && entry.of.answer.refused === undefined) this.calls.push(line);
        return entry.of.answer;
      }
      reasons.push(`, or ${why}`);
    }
    const why = reasons.join('').replace(/^, or /, ': ');
    this.unanswered.push(`the case does not answer \`${told}\`${why}`);
    return undefined;
  }

  /** What the host would end the attempt at. */
  end(kind, code, message) {
    this.ended ??= { kind, code, message };
    throw new Error(message);
  }
}

const counted = (of) => ({ of, given: 0 });

/** An answer with the method and the address that requests have. */
const spelled = (of) => ({
  ...of,
  method: of.method?.toUpperCase(),
  url: of.url === undefined ? undefined : address(of.url),
});

let current = new StandIn();

/** Puts another in its place. */
export function stand(given) {
  current = new StandIn(given);
  return current;
}

/** What `[[http]] answer` says instead of an answer, and what the engine makes of it. */
function instead(answer, what, capability) {
  const { denied, refused, error, message = 'as the case says' } = answer;
  if (denied !== undefined) return { tag: 'denied', val: { capability, what, why: denied } };
  if (refused !== undefined) return { tag: 'refused', val: refused };
  if (error === 'timeout' || error === 'too-large') return { tag: error };
  return error === undefined ? undefined : { tag: error, val: message };
}

function fail(payload) {
  throw Object.assign(new Error('the host gives no result'), { payload });
}

const log = {
  log(level, message) {
    current.log.push(`${level}: ${message}`);
    current.say(level, message);
  },
};

const run = {
  whoami() {
    const { run, workflow, step, attempt, session = null, now } = current.run;
    return {
      run,
      workflow,
      step,
      attempt: attempt | 0,
      deadlineMs: Number(now) + 30_000,
      idempotencyKey: `${run}-${step}`,
      session,
    };
  },
  now: () => Number(current.run.now),
  random(n) {
    const bytes = new Uint8Array(n >>> 0);
    for (let at = 0; at < bytes.length; at += 32) {
      const block = createHash('sha256').update(`${current.run.random} ${current.chance++}`).digest();
      bytes.set(block.subarray(0, bytes.length - at), at);
    }
    return bytes;
  },
};

const state = {
  get: (key) => current.state.get(key) ?? null,
  set: (key, value) => void current.state.set(key, value),
  delete: (key) => void current.state.delete(key),
  keys: (prefix) => [...current.state.keys()].filter((key) => key.startsWith(prefix)).sort(byBytes),
  add(key, by) {
    const held = parse(current.state.get(key) ?? '0');
    if (typeof held !== 'bigint' && !Number.isInteger(held))
      current.end('invalid', 'state', `\`state.add\` adds to a whole number, and \`${key}\` holds ${text(held)}`);
    current.state.set(key, String(BigInt(held) + BigInt(by)));
  },
  append(key, value) {
    current.state.set(key, text([...held(key), parse(value)]));
  },
  page: (key, offset, limit) =>
    held(key)
      .slice(offset, offset + Math.min(limit >>> 0, 1000))
      .map((value) => text(value)),
};

function held(key) {
  const list = parse(current.state.get(key) ?? '[]');
  if (!Array.isArray(list))
    current.end('invalid', 'state', `\`${key}\` of the state is no list: it holds ${text(list)}`);
  return list;
}

const timer = {
  set: (name, afterMs) => void current.timers.push({ set: name, 'after-ms': afterMs }),
  cancel: (name) => void current.timers.push({ cancel: name }),
};

const updates = { publish: (name, item) => void current.updates.push({ [name]: parse(item) }) };

const http = {
  fetch({ method, url, headers, body }) {
    const line = asked(method, url);
    const sent = { line, headers: headers.map(([name, value]) => [name.toLowerCase(), value]), body };
    const answer = current.answer('http', line, line, (wanted) => otherRequest(wanted, sent));
    const error = answer ? instead(answer, line, 'http') : { tag: 'connect', val: NO_ANSWER };
    if (error) fail(error);
    return {
      status: answer.status ?? 200,
      headers: Object.entries(answer.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
      body: encode(answer.json === undefined ? (answer.body ?? '') : text(answer.json)),
    };
  },
};

/** Method and address in their one spelling. */
function asked(method, url) {
  try {
    return `${spelledMethod(method)} ${address(url)}`;
  } catch (why) {
    if (why instanceof NoRequest) fail({ tag: 'invalid-request', val: why.message });
    throw why;
  }
}

/** Why an answer is not for a request. */
function otherRequest(wanted, sent) {
  const [method, url] = sent.line.split(' ');
  if (wanted.url !== undefined && wanted.url !== url) return `its \`url\` is ${wanted.url}`;
  if (wanted.method !== undefined && wanted.method !== method) return `its \`method\` is ${wanted.method}`;
  for (const [name, value] of Object.entries(wanted.headers ?? {})) {
    const isSent = sent.headers.some(([own, given]) => own === name.toLowerCase() && given === value);
    if (!isSent) return `its header \`${name}\` is not what was sent`;
  }
  const body = Buffer.from(sent.body).toString();
  const isBody = wanted.json === undefined ? (wanted.body ?? body) === body : sameJson(wanted.json, body);
  return isBody ? undefined : 'its body is not what was sent';
}

function sameJson(wanted, json) {
  try {
    return same(wanted, parse(json));
  } catch {
    return false;
  }
}

const tools = {
  list() {
    return Array.from(listed().values(), ({ name, description = '', schema = { type: 'object' } }) => ({
      name,
      description,
      inputSchema: text(schema),
    }));
  },
  call(name, args) {
    const schema = listed().get(name)?.schema ?? true;
    const [misfit] = findings(schema, schema, parse(args), 'arguments');
    if (misfit) fail({ tag: 'invalid-arguments', val: misfit });
    const line = `tool ${name}`;
    const answer = current.answer('tools', line, `${line} ${args}`, (wanted) => otherCall(wanted, name, args));
    const error = answer ? instead(answer, `${SERVER}/${name}`, 'tools') : { tag: 'unavailable', val: NO_ANSWER };
    if (error) fail(error);
    if (answer.failed !== undefined) fail({ tag: 'failed', val: answer.failed });
    return text(answer.output ?? null);
  },
};

/** The tools that there are by name; of one that stands twice, the first. */
function listed() {
  const tools = current.answers.tools.map(({ of }) => [of.name, of]);
  return new Map([...new Map(tools.toReversed())].sort(([left], [right]) => byBytes(left, right)));
}

/** Why an answer is not for a call. */
function otherCall(wanted, name, args) {
  if (wanted.name !== name) return `its \`name\` is ${wanted.name}`;
  if (wanted.answer === undefined) return 'it is only listed';
  return wanted.arguments === undefined || sameJson(wanted.arguments, args)
    ? undefined
    : 'its `arguments` are not what was given';
}

const REFERENCE = /^sha256:[0-9a-f]{64}$/;

const blob = {
  put(bytes) {
    const reference = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    current.blobs.set(reference, Uint8Array.from(bytes));
    return reference;
  },
  get(reference, offset, length) {
    const message = `nothing is stored under ${reference}; the run that put it may have been purged`;
    const refused = (code, message) => fail({ kind: 'permanent', code, message, retryAfterMs: null, details: null });
    if (!REFERENCE.test(reference))
      refused('blob-reference', 'its text is no reference to a blob; pass on what `put` gave');
    const bytes = current.blobs.get(reference) ?? refused('blob-unknown', message);
    return bytes.slice(offset, offset + Math.min(length >>> 0, 4 << 20));
  },
};

/** In the order of their bytes, as the host has them. */
const byBytes = (left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right));

export const host = { log, run, state, timer, updates, http, tools, blob };
