/**
 * Timers of the step, which outlive a restart of the host. What is asked for takes effect when the attempt has
 * succeeded. A timer that fires is delivered to this step, in this branch of the run, as `TimerFired`.
 *
 * ```ts
 * timer.set('remind', 24 * 60 * 60 * 1000);
 * ```
 *
 * A name is 1 to 128 bytes of text. A call beyond a bound ends the attempt: it does not return.
 */

/** Fires so many milliseconds after the attempt has succeeded, at most ten years. One of the same name is replaced. */
export function set(name: string, afterMs: number | bigint): void;
/** The timer does not fire; one that is not set is no error. */
export function cancel(name: string): void;
