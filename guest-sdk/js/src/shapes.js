// The shapes of values, as data: what `gen/world.js` describes events with, and what `values.js` reads and writes by.

const plain = (kind) => ({ kind });

export const bool = plain('bool');
export const s8 = plain('s8');
export const u8 = plain('u8');
export const s16 = plain('s16');
export const u16 = plain('u16');
export const s32 = plain('s32');
export const u32 = plain('u32');
export const s64 = plain('s64');
export const u64 = plain('u64');
export const f32 = plain('f32');
export const f64 = plain('f64');
export const char = plain('char');
export const string = plain('string');
/** Text that is JSON. */
export const json = plain('json');
/** `list<u8>` */
export const bytes = plain('bytes');

export const list = (of, length) => ({ kind: 'list', of, length });
export const map = (key, value) => ({ kind: 'map', key, value });
export const tuple = (...of) => ({ kind: 'tuple', of });
export const option = (of) => ({ kind: 'option', of });
export const result = (ok, err) => ({ kind: 'result', ok, err });
export const enumeration = (...cases) => ({ kind: 'enum', cases });
/** Fields by the name they have in JavaScript: `[key in JSON, shape]`. */
export const record = (fields) => ({ kind: 'record', fields: Object.entries(fields) });
/** A record that is an event: in JavaScript an instance of its class. */
export const event = (name, of, fields) => ({ ...record(fields), name, event: of });
/** Shapes by case; none for a case that carries nothing. */
export const variant = (cases) => ({ kind: 'variant', cases: new Map(Object.entries(cases)) });
/** Names in WIT, by the name they have in JavaScript. */
export const flags = (names) => ({ kind: 'flags', names: Object.entries(names) });
