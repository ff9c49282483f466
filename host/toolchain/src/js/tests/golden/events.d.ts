// Written by `lockstep build` from the step's WIT; changes are lost.

/// <reference path="./lockstep/globals.d.ts" />

/** Why money is asked back. */
export type Reason =
  /** It never came. */
  | { tag: 'lost' }
  | { tag: 'broken'; val: string }
  | { tag: 'other'; val: [string, bigint | undefined] };

/** What money is counted in. */
export type Cents = bigint;

export interface Item {
  /** The article's number. */
  article: string;
  paid?: Cents | undefined;
}

export type Mood = 'calm' | 'very-angry';

export interface Marks {
  vip?: boolean | undefined;
  secondTime?: boolean | undefined;
}

/** JSON text, for data that WIT cannot type. The host checks that it is JSON and shows it as JSON. */
export type Json = string;

/**
 * Somebody asks for money.
 *
 * It comes from the shop's own page.
 */
export class RefundRequested {
  constructor(fields: {
    order: string;
    reason: Reason;
    items: Item[];
    photo: Uint8Array;
    note?: string | undefined;
    mood: Mood;
    marks: Marks;
    checked: { tag: 'ok'; val: Cents } | { tag: 'err'; val: string };
    maybe: { tag: 'none' } | { tag: 'some'; val: boolean | undefined };
    extra: Json;
  });
  order: string;
  /** As the customer puts it. */
  reason: Reason;
  items: Item[];
  photo: Uint8Array;
  note: string | undefined;
  mood: Mood;
  marks: Marks;
  checked: { tag: 'ok'; val: Cents } | { tag: 'err'; val: string };
  maybe: { tag: 'none' } | { tag: 'some'; val: boolean | undefined };
  extra: Json;
  #event;
}

export class Checked {
  constructor(fields: {
    by: string;
    ok: boolean;
    score: number;
  });
  by: string;
  ok: boolean;
  score: number;
  #event;
}

/** A name that another interface has too. */
export class Stamped {
  constructor(fields: {
    at: bigint;
  });
  at: bigint;
  #event;
}

/** A timer that the step has set has fired. */
export class TimerFired {
  constructor(fields: {
    name: string;
  });
  /** As the step named it. */
  name: string;
  #event;
}

export class RefundDenied {
  constructor(fields: {
    order: string;
    why: string;
  });
  order: string;
  why: string;
  #event;
}

export class RefundApproved {
  constructor(fields: {
    order: string;
    paid: Cents;
    photo: Uint8Array;
  });
  order: string;
  paid: Cents;
  photo: Uint8Array;
  #event;
}

export class Noted {
  constructor(fields: {
    request: RefundDenied;
  });
  request: RefundDenied;
  #event;
}
