// Written by `lockstep build` from the step's WIT; changes are lost.

/**
 * Somebody asks for money.
 *
 * It comes from the shop's own page.
 */
export class RefundRequested {
  constructor(fields) {
    this.order = fields.order;
    this.reason = fields.reason;
    this.items = fields.items;
    this.photo = fields.photo;
    this.note = fields.note;
    this.mood = fields.mood;
    this.marks = fields.marks;
    this.checked = fields.checked;
    this.maybe = fields.maybe;
    this.extra = fields.extra;
  }
}

export class Checked {
  constructor(fields) {
    this.by = fields.by;
    this.ok = fields.ok;
    this.score = fields.score;
  }
}

/** A name that another interface has too. */
export class Stamped {
  constructor(fields) {
    this.at = fields.at;
  }
}

/** A timer that the step has set has fired. */
export class TimerFired {
  constructor(fields) {
    this.name = fields.name;
  }
}

export class RefundDenied {
  constructor(fields) {
    this.order = fields.order;
    this.why = fields.why;
  }
}

export class RefundApproved {
  constructor(fields) {
    this.order = fields.order;
    this.paid = fields.paid;
    this.photo = fields.photo;
  }
}

export class Noted {
  constructor(fields) {
    this.request = fields.request;
  }
}
