/** The run, the step and the attempt that a call is. */
export interface Identity {
  run: string;
  workflow: string;
  step: string;
  /** 1 for the first attempt at this delivery. */
  attempt: number;
  /** When the attempt will be ended: milliseconds since the Unix epoch. */
  deadlineMs: number;
  /** The same over all attempts at this delivery, and no other's. */
  idempotencyKey: string;
  session: string | undefined;
}

/** Who am I? */
export function whoami(): Identity;
/** Milliseconds since the Unix epoch: one value per delivery, the same in every attempt. `Date.now()` says the same. */
export function now(): number;
/** So many bytes of the host's randomness, at most 65,536. `Math.random()` draws from it too. */
export function random(n: number): Uint8Array;
