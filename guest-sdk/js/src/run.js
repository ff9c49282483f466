// Who am I, and what time is it?
import { host } from '#host';
import { given, u32 } from './call.js';

export function whoami() {
  const { attempt, deadlineMs, session, ...names } = host.run.whoami();
  return {
    ...names,
    attempt: attempt >>> 0,
    deadlineMs: given(deadlineMs, 'the deadline'),
    session: session ?? undefined,
  };
}

export function now() {
  return given(host.run.now(), 'the time');
}

export function random(n) {
  return host.run.random(u32(n, 'the number of random bytes'));
}
