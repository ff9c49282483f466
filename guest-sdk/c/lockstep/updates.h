// Items for whoever watches the run: tokens, progress. Needs `[updates]` in the step's grant.

#ifndef LOCKSTEP_UPDATES_H
#define LOCKSTEP_UPDATES_H

#include "core.h"

/// Shows an item, which is JSON: at once as provisional, for good when the attempt has succeeded. What a failed
/// attempt has published is taken back. A name is 1 to 64 bytes of text.
static inline void updates_publish(text name, text json) { lockstep_updates_publish(&name, &json); }

#endif
