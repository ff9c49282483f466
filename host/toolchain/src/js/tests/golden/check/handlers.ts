// Written by `lockstep build` from the step's WIT; changes are lost.

import type { Handlers } from '../handlers.js';
import * as step from '../../step.js';

step.onRefundRequested satisfies Handlers['onRefundRequested'];
step.onAll satisfies Handlers['onAll'];
step.onPair satisfies Handlers['onPair'];
step.onTimerFired satisfies Handlers['onTimerFired'];
step.onDenied satisfies Handlers['onDenied'];
