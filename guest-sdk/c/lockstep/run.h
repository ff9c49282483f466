// Who am I, and what time is it?

#ifndef LOCKSTEP_RUN_H
#define LOCKSTEP_RUN_H

#include "bytes.h"

/// The run, the step and the attempt that a call is.
typedef lockstep_run_identity_t run_identity;

/// Who this call is.
static inline run_identity run_whoami(void) {
  run_identity me;
  lockstep_run_whoami(&me);
  return me;
}

/// Milliseconds since the Unix epoch: one value per delivery, the same in every attempt.
static inline uint64_t run_now(void) { return lockstep_run_now(); }

/// So many bytes of the host's randomness, at most 65,536.
static inline bytes run_random(uint32_t n) {
  bytes chance;
  lockstep_run_random(n, &chance);
  return chance;
}

#endif
