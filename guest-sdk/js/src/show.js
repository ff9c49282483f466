// Values as a line of a log shows them.
import { frames } from './stack.js';

/** A text as it is, an error with its stack, anything else as JSON would have it. */
export function show(value) {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return [value, ...frames(value)].join('\n    at ');
  if (typeof value === 'function') return `function ${value.name}`;
  if (typeof value !== 'object' || value === null) return String(value) + (typeof value === 'bigint' ? 'n' : '');
  return structure(value) ?? Object.prototype.toString.call(value);
}

function structure(value) {
  try {
    return JSON.stringify(value, (_, part) => {
      if (typeof part === 'bigint') return `${part}n`;
      if (part instanceof Map) return Object.fromEntries(part);
      return part instanceof Set || part instanceof Uint8Array ? [...part] : part;
    });
  } catch {
    // It holds itself.
    return undefined;
  }
}
