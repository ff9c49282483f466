// What stands around every handler: events in, the event that was returned out as the case of the world that it is,
// and a failure of whatever was thrown.
import { kind } from './call.js';
import { Failure } from './failure.js';
import { enter } from './guard.js';
import { stringify } from './json.js';
import { show } from './show.js';
import { frames } from './stack.js';
import { Misfit, give, take } from './values.js';

/** The functions that a component exports, by name: the handlers of `world`, as `step` has them. */
export function wrap(world, step, explain = (message) => message) {
  const one = ([name, handler]) => [
    name,
    (...values) => handle({ world, name, ...handler }, step[name], values, explain),
  ];
  return Object.fromEntries(Object.entries(world.handlers).map(one));
}

function handle(handler, call, values, explain) {
  enter();
  try {
    const events = handler.takes.map(([name, shape], at) => received(handler, name, shape, values[at]));
    return emitted(handler, handler.gives, call(...events));
  } catch (thrown) {
    throw record(thrown instanceof Failure ? thrown : exception(thrown, explain));
  }
}

function received(handler, name, shape, value) {
  try {
    return take(shape, value);
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    throw Failure.permanent(
      error.code,
      `\`${name}${error.path}\` of ${handler.name} ${error.message}; let it be a text`,
    );
  }
}

/** The event that was returned, as the component hands it over. */
function emitted(handler, shape, returned) {
  switch (shape?.kind) {
    case undefined:
      return returned == null ? undefined : undeclared(handler, returned);
    case 'option':
      return returned == null ? null : emitted(handler, shape.of, returned);
    case 'list':
      if (!Array.isArray(returned)) undeclared(handler, returned);
      return returned.map((event) => emitted(handler, shape.of, event));
    case 'variant':
      for (const [tag, event] of shape.cases) {
        if (returned instanceof event.event) return { tag, val: written(handler, event, returned) };
      }
      return undeclared(handler, returned);
    default:
      return returned instanceof shape.event ? written(handler, shape, returned) : undeclared(handler, returned);
  }
}

function written(handler, shape, event) {
  try {
    return give(shape, event);
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    throw Failure.permanent(
      error.code,
      `\`${error.path.slice(1)}\` of the ${shape.event.name} that ${handler.name} returned ${error.message}`,
    );
  }
}

function undeclared(handler, returned) {
  const may = declared(handler.gives);
  const how = returned instanceof Promise ? '; a handler is not `async`: whatever it calls has its result at once' : '';
  const what = returned == null ? 'nothing' : kind(returned);
  throw Failure.permanent(
    'undeclared-event',
    `${handler.name} returned ${what}, and world \`${handler.world.name}\` lets it return ${may}${how}`,
  );
}

/** What a handler may return, in words. */
function declared(shape) {
  switch (shape?.kind) {
    case undefined:
      return 'nothing';
    case 'option':
      return `${declared(shape.of)} or nothing`;
    case 'list':
      return `an array of ${declared(shape.of)}`;
    case 'variant':
      return [...shape.cases.values()].map(declared).join(' or ');
    default:
      return `\`new ${shape.event.name}({ … })\``;
  }
}

/** The failure of something else that was thrown. */
function exception(thrown, explain) {
  if (!(thrown instanceof Error)) {
    return Failure.permanent('exception', typeof thrown === 'string' ? thrown : `it threw ${show(thrown)}`);
  }
  const details = { stack: frames(thrown) };
  return Failure.permanent('exception', explain(causes(thrown)), { details });
}

/** An error and what caused it: `Error: the amount is unreadable: SyntaxError: …`. */
function causes(error) {
  const own = String(error);
  return error.cause instanceof Error ? `${own}: ${causes(error.cause)}` : own;
}

/** The failure as the engine takes it. */
function record({ kind, code, message, retryAfterMs, details }) {
  return {
    kind,
    code: String(code).toWellFormed(),
    message: String(message).toWellFormed(),
    retryAfterMs: retryAfterMs ?? null,
    details: details === undefined ? null : text(details),
  };
}

/** As JSON; what JSON cannot say is told in words, for an exception here would end the attempt without any. */
function text(details) {
  try {
    return stringify(details).toWellFormed();
  } catch {
    return stringify(show(details)).toWellFormed();
  }
}
