// Written by `lockstep build` from the step's WIT; changes are lost.

/// <reference path="./lockstep/globals.d.ts" />

export { trace, debug, info, warn, error } from './lockstep/log.js';
export * as state from './lockstep/state.js';
export * as json from './lockstep/json.js';
export { Failure } from './lockstep/failure.js';
