// The cases in plain Node: `npm install` once, then `npm test`. They take milliseconds, and breakpoints hold.
import { cases } from './gen/lockstep/testing.js';
import * as step from './step.js';

cases('cases/*.toml', step);
