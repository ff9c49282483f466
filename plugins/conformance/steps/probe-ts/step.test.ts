// The cases of the conformance workflow, in plain Node.
import { cases } from './gen/lockstep/testing.js';
import * as step from './step.js';

cases('../../cases/*.toml', step);
