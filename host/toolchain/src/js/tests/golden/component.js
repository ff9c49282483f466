// Written by `lockstep build` from the step's WIT; changes are lost.

import { explain } from './lockstep/engine.js';
import { wrap } from './lockstep/handlers.js';
import { world } from './world.js';
import * as step from '../step.ts';

const handlers = wrap(world, step, explain);
export const onRefundRequested = handlers.onRefundRequested;
export const onAll = handlers.onAll;
export const onPair = handlers.onPair;
export const onTimerFired = handlers.onTimerFired;
export const onDenied = handlers.onDenied;
