// The state of the run: JSON by key, plain values in the author's hands.
import { host } from '#host';
import { text, u32, whole } from './call.js';
import { parse, stringify } from './json.js';

// The most elements that `page` answers.
const LONGEST_PAGE = 1000;

export function get(key) {
  const json = host.state.get(name(key));
  return json == null ? undefined : parse(json, `the state key \`${key}\``);
}

export function set(key, value) {
  host.state.set(name(key), stringify(value, `the value of the state key \`${key}\``).toWellFormed());
}

export function remove(key) {
  host.state.delete(name(key));
}

export { remove as delete };

export function keys(prefix = '') {
  return Array.from(host.state.keys(text(prefix, 'the prefix')));
}

export function add(key, by) {
  host.state.add(name(key), whole(by, `what is added to the state key \`${key}\``, { least: -Infinity }));
}

export function append(key, value) {
  host.state.append(name(key), stringify(value, `what is appended to the state key \`${key}\``).toWellFormed());
}

export function page(key, offset, limit) {
  const page = host.state.page(name(key), whole(offset, 'the offset'), u32(limit, 'the limit'));
  return Array.from(page, (json) => parse(json, `the state key \`${key}\``));
}

export function* elements(key) {
  for (let offset = 0; ;) {
    const elements = page(key, offset, LONGEST_PAGE);
    if (elements.length === 0) return;
    yield* elements;
    offset += elements.length;
  }
}

function name(key) {
  return text(key, 'the state key');
}
