import { Checked, Noted, RefundApproved, RefundDenied, RefundRequested, Stamped, TimerFired } from './gen/events.js';
import { info, state } from './gen/lockstep.js';

/** Approves small ones. */
export function onRefundRequested(event: RefundRequested): RefundApproved | RefundDenied {
  info('on-refund-requested', event);
  state.add('seen', 1);
  return new RefundApproved({ order: event.order, paid: 0n, photo: event.photo });
}

export function onAll(request: RefundRequested, all: Checked[]): (RefundApproved | RefundDenied)[] | undefined {
  info('on-all', request, all);
  return [new RefundApproved({ order: '', paid: 0n, photo: new Uint8Array() })];
}

export function onPair(left: Checked, right: Stamped): Noted[] {
  info('on-pair', left, right);
  return [new Noted({ request: new RefundDenied({ order: '', why: '' }) })];
}

export function onTimerFired(event: TimerFired): void {
  info('on-timer-fired', event);
}

export function onDenied(event: RefundDenied): Stamped | undefined {
  info('on-denied', event);
  return new Stamped({ at: 0n });
}
