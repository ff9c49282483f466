import type { Value } from './json.js';

/** More that a failure may say. */
export interface More {
  /** When to try again, in milliseconds from now, 0 or more; without it the step's retry policy decides. */
  retryAfterMs?: number | undefined;
  /** For machines to read: any JSON value. */
  details?: Value | undefined;
}

/**
 * Why a handler could not handle its event: throw one, and the delivery fails just so. Whatever else is thrown is a
 * permanent failure with the code `exception`.
 *
 * ```ts
 * throw Failure.transient('ledger-busy', 'the ledger is being closed', { retryAfterMs: 2_000 });
 * ```
 */
export class Failure extends Error {
  /** Another attempt may succeed; the step's retry policy decides how many there are. */
  static transient(code: string, message: string, more?: More): Failure;
  /** No attempt will help. */
  static permanent(code: string, message: string, more?: More): Failure;
  private constructor();
  /** Whether another attempt may succeed. */
  readonly kind: 'transient' | 'permanent';
  /** Short and stable, for people and rules to match: `card-declined`. */
  readonly code: string;
  readonly retryAfterMs: number | undefined;
  readonly details: Value | undefined;
}
