/**
 * Makes a test of vitest of every case file: the handler is called in plain Node, through the same glue as in a
 * component, with a stand-in for the host. The pattern is a path from the step's folder, whose last part may hold `*`.
 *
 * ```ts
 * import { cases } from './gen/lockstep/testing.js';
 * import * as step from './step.js';
 *
 * cases('cases/*.toml', step);
 * ```
 */
export function cases(pattern: string, step: object): void;

/** What the stand-in holds and has seen. */
export interface StandIn {
  /** JSON text by key. */
  readonly state: Map<string, string>;
  /** As `info: text`. */
  readonly log: string[];
  readonly updates: Record<string, unknown>[];
  readonly timers: Record<string, unknown>[];
  readonly calls: string[];
  /** Calls that it had no answer for. */
  readonly unanswered: string[];
}

/**
 * Puts a fresh stand-in in the host's place, for a test that calls a handler by itself; what it is given is spelled as
 * in a case file.
 */
export function stand(given?: { state?: object; http?: object[]; tools?: object[]; run?: object }): StandIn;
