// The conformance step in TypeScript: each handler does what its line in `wit/worlds.wit` says.
import {
  Arm,
  Ask,
  Choose,
  Crash,
  Echo,
  Echoed,
  Fail,
  Fetch,
  Fetched,
  Keep,
  Kept,
  Known,
  Left,
  Perhaps,
  Quiet,
  Remember,
  Remembered,
  Right,
  Show,
  Spread,
  TimerFired,
  UseTool,
  Used,
} from './gen/events.js';
import {
  Failure,
  blob,
  debug,
  error,
  http,
  info,
  json,
  run,
  state,
  timer,
  tools,
  trace,
  updates,
  warn,
} from './gen/lockstep.js';

export function onEcho(event: Echo): Echoed {
  return new Echoed({ values: event.values });
}

export function onChoose(event: Choose): Left | Right {
  switch (event.way) {
    case 'left':
      return new Left({ note: event.note });
    case 'right':
      return new Right({ n: 7 });
    default:
      throw Failure.permanent('no-way', `there is no way ${event.way}`);
  }
}

export function onSpread(event: Spread): (Left | Right)[] {
  const one = (_: unknown, n: number) => (n % 2 === 0 ? new Left({ note: String(n) }) : new Right({ n }));
  return Array.from({ length: event.n }, one);
}

export function onPerhaps(event: Perhaps): Left | undefined {
  return event.give ? new Left({ note: 'given' }) : undefined;
}

export function onQuiet(event: Quiet): void {
  info(event.note);
}

export function onFail(event: Fail): void {
  const more = {
    retryAfterMs: event.retryAfterMs === undefined ? undefined : Number(event.retryAfterMs),
    details: event.details === undefined ? undefined : json.parse(event.details),
  };
  throw event.kind === 'transient'
    ? Failure.transient(event.code, event.message, more)
    : Failure.permanent(event.code, event.message, more);
}

export function onCrash(event: Crash): void {
  throw new Error(event.message);
}

export function onRemember(event: Remember): Remembered {
  const value = json.parse(event.value);
  const before = state.get(event.key);
  state.set(event.key, value);
  state.add('count', event.by);
  state.append('list', value);
  state.delete('gone');
  return new Remembered({
    before: before === undefined ? undefined : json.stringify(before),
    after: json.stringify(state.get(event.key)),
    keys: state.keys(),
    page: state.page('list', 0, 10).map((element) => json.stringify(element)),
  });
}

export function onFetch(event: Fetch): Fetched {
  const { method, url, header, body } = event;
  const answer = http.request(method, url, { headers: { 'x-probe': header }, body });
  return new Fetched({ status: answer.status, header: answer.header('x-answer'), body: answer.text() });
}

export function onUseTool(event: UseTool): Used {
  const names = tools.list().map((tool) => tool.name);
  const output = tools.call(event.name, json.parse(event.arguments));
  return new Used({ tools: names, output: json.stringify(output) });
}

export function onShow(event: Show): void {
  updates.publish(event.name, json.parse(event.item));
  for (const log of [trace, debug, info, warn, error]) log(event.line);
}

export function onKeep(event: Keep): Kept {
  const reference = blob.put(event.bytes);
  return new Kept({ reference, beginning: blob.get(reference, 0, 4) });
}

export function onArm(event: Arm): void {
  timer.set(event.name, event.afterMs);
  timer.cancel(event.not);
}

export function onAsk(event: Ask): Known {
  const { run: id, workflow, step, attempt, idempotencyKey, session } = run.whoami();
  return new Known({
    run: id,
    workflow,
    step,
    attempt,
    hasKey: idempotencyKey !== '',
    session,
    now: BigInt(run.now()),
    random: run.random(event.random).length,
  });
}

export function onTimerFired(event: TimerFired): Left {
  return new Left({ note: event.name });
}
