// Written by `lockstep build` from the step's WIT; changes are lost.

import type { RefundRequested, Checked, Stamped, TimerFired, RefundDenied, RefundApproved, Noted } from './events.js';

/** What a step exports that is written against world `assess`. */
export interface Handlers {
  /** Approves small ones. */
  onRefundRequested: (event: RefundRequested) => RefundApproved | RefundDenied;
  onAll: (request: RefundRequested, all: Checked[]) => (RefundApproved | RefundDenied)[] | undefined;
  onPair: (left: Checked, right: Stamped) => Noted[];
  onTimerFired: (event: TimerFired) => void;
  onDenied: (event: RefundDenied) => Stamped | undefined;
}
