/**
 * Shows whoever watches the run an item, any JSON value: at once as provisional, for good when the attempt has
 * succeeded. What a failed attempt has published is taken back. Needs `import lockstep:step/updates` in the world and
 * `[updates]` in the step's grant.
 *
 * ```ts
 * updates.publish('progress', { done: 3, of: 10 });
 * ```
 *
 * A name is 1 to 64 bytes of text. A call beyond a bound ends the attempt: it does not return.
 */
export function publish(name: string, item: unknown): void;
