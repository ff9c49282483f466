// Why a handler could not handle its event.
import { whole } from './call.js';

/** Throw one, and the delivery fails just so. */
export class Failure extends Error {
  constructor(kind, code, message, { retryAfterMs, details } = {}) {
    super(message);
    this.name = 'Failure';
    this.kind = kind;
    this.code = code;
    this.retryAfterMs = retryAfterMs == null ? undefined : whole(Math.ceil(Number(retryAfterMs)), '`retryAfterMs`');
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
      retryAfterMs,
      details: details == null ? undefined : JSON.parse(details),
    });
  }
}
