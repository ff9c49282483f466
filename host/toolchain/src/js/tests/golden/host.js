// Written by `lockstep build` from the step's WIT; changes are lost.

import * as log from 'lockstep:step/log@0.1.0';
import * as state from 'lockstep:step/state@0.1.0';
import { guarded } from './lockstep/guard.js';

export const host = guarded({ log, state });
