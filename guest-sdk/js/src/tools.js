// Tools of servers and of components.
import { host } from '#host';
import { host as ask, text } from './call.js';
import { Failure } from './failure.js';
import { parse, stringify } from './json.js';

export function list() {
  return Array.from(host.tools.list(), ({ name, description, inputSchema }) => ({
    name,
    description,
    inputSchema: parse(inputSchema, `the schema of the tool \`${name}\``),
  }));
}

export function call(name, args = {}) {
  const json = stringify(args, `the arguments of the tool \`${name}\``).toWellFormed();
  const result = ask(() => host.tools.call(text(name, 'the name of the tool'), json), failure);
  return parse(result, `the result of the tool \`${name}\``);
}

/** What a call that has no result comes to. */
function failure({ tag, val }) {
  switch (tag) {
    case 'denied':
      return Failure.permanent('tool-denied', `the grant does not allow \`${val.what}\`: ${val.why}`);
    case 'refused':
      return Failure.permanent('tool-refused', val);
    case 'invalid-arguments':
      return Failure.permanent('tool-invalid-arguments', val);
    case 'failed':
      return Failure.permanent('tool-failed', val);
    case 'timeout':
      return Failure.transient('tool-timeout', 'the tool took longer than it may');
    case 'too-large':
      return Failure.permanent('tool-too-large', 'the result is too large for the grant');
    default:
      return Failure.transient('tool-unavailable', val);
  }
}
