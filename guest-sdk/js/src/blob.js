// Bytes that are too large for an event.
import { host } from '#host';
import { bytes, host as ask, text, u32, whole } from './call.js';
import { Failure } from './failure.js';

// What one call reads at most.
const LARGEST_PART = 4 << 20;

export function put(data) {
  const all = bytes(data, 'what is put');
  return ask(() => host.blob.put(all), Failure.fromHost);
}

export function get(reference, offset, length) {
  const [from, most] = [whole(offset, 'the offset'), u32(length, 'the length')];
  return ask(() => host.blob.get(text(reference, 'the reference'), from, most), Failure.fromHost);
}

export function read(reference) {
  const parts = [];
  let length = 0;
  do {
    parts.push(get(reference, length, LARGEST_PART));
    length += parts.at(-1).length;
    // The first part that is not full is the last.
  } while (parts.at(-1).length === LARGEST_PART);
  const all = new Uint8Array(length);
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}
