// Lines for whoever watches the step.
import { host } from '#host';
import { show } from './show.js';

export const trace = (...parts) => write('trace', parts);
export const debug = (...parts) => write('debug', parts);
export const info = (...parts) => write('info', parts);
export const warn = (...parts) => write('warn', parts);
export const error = (...parts) => write('error', parts);

function write(level, parts) {
  host.log.log(level, parts.map(show).join(' ').toWellFormed());
}
