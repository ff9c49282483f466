/**
 * The state of the run: values by key, shared by all steps of the run. Needs `import lockstep:step/state` in the world
 * and `[state]` in the step's grant.
 *
 * ```ts
 * const seen = state.get<number>(`seen/${event.order}`) ?? 0;
 * state.set(`seen/${event.order}`, seen + 1);
 * state.add('refunds', 1);
 * ```
 *
 * Values are plain values that JSON can say. An integer beyond 2^53 - 1 is the failure `inexact-integer`, when it is
 * read and when it is written.
 *
 * A handler sees what was there when its attempt began and what it has written itself. Its writes are kept only if it
 * succeeds, all at once. Where another attempt changes something that this one has read, this one begins anew, which
 * costs no attempt; `add` and `append` read nothing and so never get in each other's way.
 *
 * A key is 1 to 512 bytes of text, a value at most 1 MiB of JSON. A call beyond a bound ends the attempt: it does not
 * return.
 */

/** The value of a key, at most 16 MiB of it; `elements` reads a longer list. */
export function get<T = any>(key: string): T | undefined;
/** The key has this value from now on. */
export function set(key: string, value: unknown): void;
declare function remove(key: string): void;
export {
  /** The key is not there any more; one that is not there is no error. */
  remove as delete,
};
/** The keys that begin with `prefix`, in order, at most 10,000; without it, all. */
export function keys(prefix?: string): string[];
/** The whole number that the key holds grows by so much; a key that is not there holds 0. */
export function add(key: string, by: number | bigint): void;
/** The list that the key holds has one more element; a key that is not there holds an empty one. */
export function append(key: string, value: unknown): void;
/** The elements of a list from `offset` on: at most `limit`, at most 1,000, but at least one as long as there is one. */
export function page<T = any>(key: string, offset: number | bigint, limit: number): T[];
/** All elements of the list that the key holds, read page by page as they are asked for. */
export function elements<T = any>(key: string): Generator<T, void, undefined>;
