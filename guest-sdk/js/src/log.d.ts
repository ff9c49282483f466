/**
 * Lines for whoever watches the step, bounded by the step's `log-bytes`. A line is made of its parts: a text as it is,
 * anything else as JSON. `console.log` and its siblings write here too.
 *
 * ```ts
 * info(`refund ${event.order} asks for ${event.cents} cents`);
 * ```
 */
export function trace(...parts: unknown[]): void;
export function debug(...parts: unknown[]): void;
export function info(...parts: unknown[]): void;
export function warn(...parts: unknown[]): void;
export function error(...parts: unknown[]): void;
