// A small world, as the toolchain would write it: for the tests beside it.
import * as is from '../src/shapes.js';

export class Asked {
  constructor(fields) {
    Object.assign(this, fields);
  }
}

export class Told {
  constructor(fields) {
    Object.assign(this, fields);
  }
}

export class Hushed {
  constructor(fields) {
    Object.assign(this, fields);
  }
}

export const point = is.record({ x: ['x', is.s64], maybeY: ['maybe_y', is.option(is.u64)] });
const asked = is.event('asked', Asked, { what: ['what', is.string], count: ['count', is.u64] });
const told = is.event('told', Told, { text: ['text', is.string], points: ['points', is.list(point)] });
const hushed = is.event('hushed', Hushed, { why: ['why', is.json] });

const ask = (gives) => ({ wit: 'on-asked', takes: [['event', asked]], gives });

/** A world of one handler that gives this. */
export const giving = (gives) => ({ name: 'talk', handlers: { onAsked: ask(gives) } });

export const one = told;
export const either = is.variant({ told, hushed });
