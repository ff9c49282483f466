// Why a handler could not handle its event.

/** Throw one, and the delivery fails just so. */
export class Failure extends Error {
  constructor(kind, code, message, { retryAfterMs, details } = {}) {
    super(message);
    this.name = 'Failure';
    this.kind = kind;
    this.code = code;
    this.retryAfterMs = retryAfterMs === undefined ? undefined : Math.ceil(Number(retryAfterMs));
    this.details = details;
  }

  static transient(code, message, more) {
    return new Failure('transient', code, message, more);
  }

  static permanent(code, message, more) {
    return new Failure('permanent', code, message, more);
  }

  /** The failure that an import of the host gave. */
  static fromHost({ kind, code, message, retryAfterMs, details }) {
    return new Failure(kind, code, message, {
      retryAfterMs: retryAfterMs ?? undefined,
      details: details == null ? undefined : JSON.parse(details),
    });
  }
}
