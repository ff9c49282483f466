// Timers of the step.
import { host } from '#host';
import { text, whole } from './call.js';

export function set(name, afterMs) {
  // Rounded up, so that no timer fires early.
  const millis = typeof afterMs === 'number' ? Math.ceil(afterMs) : afterMs;
  host.timer.set(text(name, 'the name of the timer'), whole(millis, `the wait of the timer \`${name}\``));
}

export function cancel(name) {
  host.timer.cancel(text(name, 'the name of the timer'));
}
