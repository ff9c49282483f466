// Within a component only: what the engine lacks, or has and must not use. The clock and chance of the engine are those
// of the build; a step's are those of its run.
import { host } from '#host';
import { running } from './guard.js';
import hints from './hints.json';
import * as log from './log.js';
import * as run from './run.js';
import { decode, encode } from './utf8.js';

/** A message about something that the engine does not have, with what to use instead. */
export function explain(message) {
  const missing = /^ReferenceError: '?(\w+)'? is not defined/.exec(message)?.[1];
  return Object.hasOwn(hints, missing ?? '') ? `${message}; ${hints[missing]}` : message;
}

function ofRun(what, call) {
  if (!host.run)
    throw new Error(`${what} needs the run, which the world does not import: add \`import lockstep:step/run@0.1.0;\``);
  if (!running())
    throw new Error(`${what} is asked for at the top of a module, where there is no run: ask in a handler`);
  return call();
}

const now = () => ofRun('the time', run.now);

/** 53 bits of the host's randomness, as a fraction. */
const random = () =>
  ofRun('chance', () => {
    const [high, low] = new Uint32Array(run.random(8).slice().buffer);
    return ((high & 0x1fffff) * 2 ** 32 + low) / 2 ** 53;
  });

const EngineDate = Date;

function RunDate(...parts) {
  if (new.target === undefined) return new EngineDate(now()).toString();
  return Reflect.construct(
    EngineDate,
    parts.length === 0 ? [now()] : parts,
    new.target === RunDate ? EngineDate : new.target,
  );
}
RunDate.prototype = EngineDate.prototype;
EngineDate.prototype.constructor = RunDate;

class TextEncoder {
  encoding = 'utf-8';
  encode(text = '') {
    return encode(String(text));
  }
}

class TextDecoder {
  encoding = 'utf-8';
  constructor(label = 'utf-8', { fatal = false, ignoreBOM = false } = {}) {
    if (!/^utf-?8$/i.test(label)) throw new RangeError(`a step decodes UTF-8 alone, not ${label}`);
    this.fatal = Boolean(fatal);
    this.ignoreBOM = Boolean(ignoreBOM);
  }
  decode(bytes = new Uint8Array(), { stream = false } = {}) {
    if (stream) throw new TypeError('a step decodes whole texts: put the parts together, and leave `stream` out');
    const all = ArrayBuffer.isView(bytes)
      ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      : new Uint8Array(bytes);
    const text = decode(all, this.fatal);
    return !this.ignoreBOM && text.startsWith('\ufeff') ? text.slice(1) : text;
  }
}

// What a module says when it is evaluated, while the step is built, is for nobody.
const line =
  (write) =>
  (...parts) => {
    if (host.log && running()) write(...parts);
  };

const console = {
  trace: line(log.trace),
  debug: line(log.debug),
  log: line(log.info),
  info: line(log.info),
  warn: line(log.warn),
  error: line(log.error),
};

Object.assign(RunDate, { now, parse: EngineDate.parse, UTC: EngineDate.UTC });
Object.defineProperty(RunDate, 'name', { value: 'Date' });
Math.random = random;
Object.assign(globalThis, { Date: RunDate, TextEncoder, TextDecoder, console });
delete globalThis.performance;
