/**
 * Bytes that are too large for an event: one step puts them and passes the reference on, another reads them.
 *
 * ```ts
 * return new Scanned({ page: blob.put(bytes) });
 * ```
 *
 * What an attempt has put it can read at once, and others as soon as it has succeeded; of a failed one there is
 * nothing. Whoever has a reference may read, and nobody can guess one. A blob is at most 8 MiB; one attempt puts at
 * most 1,000 times and 16 MiB of different bytes, and reads at most 10,000 times. What goes beyond a bound is a
 * permanent failure that says so.
 */

/** Stores the bytes, and gives the reference to pass on: `sha256:` and 64 hex digits. */
export function put(bytes: Uint8Array): string;
/**
 * The bytes of a reference from `offset` on: at most `length` of them, at most 4 MiB, and fewer only where they end.
 * What is unknown, or not kept any more, is the failure `blob-unknown`.
 */
export function get(reference: string, offset: number | bigint, length: number): Uint8Array;
/** All bytes of a reference. */
export function read(reference: string): Uint8Array;
