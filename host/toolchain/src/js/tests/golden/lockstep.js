// Written by `lockstep build` from the step's WIT; changes are lost.

export { trace, debug, info, warn, error } from './lockstep/log.js';
export * as state from './lockstep/state.js';
export * as json from './lockstep/json.js';
export { Failure } from './lockstep/failure.js';
