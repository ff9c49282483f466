import { Checked, Noted, RefundApproved, RefundDenied, RefundRequested, Stamped, TimerFired } from './gen/events.js';
import { info, state } from './gen/lockstep.js';

/**
 * Approves small ones.
 *
 * @param {RefundRequested} event
 * @returns {RefundApproved | RefundDenied}
 */
export function onRefundRequested(event) {
  info('on-refund-requested', event);
  state.add('seen', 1);
  return new RefundApproved({ order: event.order, paid: 0n, photo: event.photo });
}

/**
 * @param {RefundRequested} request
 * @param {Checked[]} all
 * @returns {(RefundApproved | RefundDenied)[] | undefined}
 */
export function onAll(request, all) {
  info('on-all', request, all);
  return [new RefundApproved({ order: '', paid: 0n, photo: new Uint8Array() })];
}

/**
 * @param {Checked} left
 * @param {Stamped} right
 * @returns {Noted[]}
 */
export function onPair(left, right) {
  info('on-pair', left, right);
  return [new Noted({ request: new RefundDenied({ order: '', why: '' }) })];
}

/**
 * @param {TimerFired} event
 * @returns {void}
 */
export function onTimerFired(event) {
  info('on-timer-fired', event);
}

/**
 * @param {RefundDenied} event
 * @returns {Stamped | undefined}
 */
export function onDenied(event) {
  info('on-denied', event);
  return new Stamped({ at: 0n });
}
