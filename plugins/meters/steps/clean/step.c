// Takes out readings that no household can use, and fills what is missing from its neighbours.

#include <stdlib.h>

#include "step.h"

// A reading of more than a hundred times the day's median is a fault of the meter.
#define FAULT 100

static int by_size(const void *left, const void *right) {
  uint32_t l = *(const uint32_t *)left, r = *(const uint32_t *)right;
  return (l > r) - (l < r);
}

static bool median(series *event, uint32_t *found) {
  uint32_t *known = malloc(event->hours.len * sizeof *known);
  size_t n = 0;
  for (size_t i = 0; i < event->hours.len; i++)
    if (event->hours.ptr[i].is_some) known[n++] = event->hours.ptr[i].val;
  qsort(known, n, sizeof *known, by_size);
  if (n > 0) *found = known[n / 2];
  return n > 0;
}

// The nearest hour that is known, in one direction; the index of the hour itself where there is none.
static size_t nearest(series *event, size_t from, int step) {
  for (size_t i = from + step; i < event->hours.len; i += step)
    if (event->hours.ptr[i].is_some) return i;
  return from;
}

outcome on_series(series *event, on_series_emit emit) {
  uint32_t middle;
  if (!median(event, &middle))
    return fail_permanent("no-readings", "meter %s said nothing all day", cstr(event->meter));
  size_t n = event->hours.len;
  for (size_t i = 0; i < n; i++)
    if (event->hours.ptr[i].val / FAULT > middle) event->hours.ptr[i].is_some = false;
  cleaned told = {.day = event->day, .meter = event->meter};
  told.hours.ptr = malloc(n * sizeof *told.hours.ptr);
  told.hours.len = n;
  for (size_t i = 0; i < n; i++) {
    size_t before = i, after = i;
    if (!event->hours.ptr[i].is_some) {
      told.filled++;
      before = nearest(event, i, -1);
      after = nearest(event, i, 1);
      if (before == i) before = after;
      if (after == i) after = before;
    }
    uint64_t sum = (uint64_t)event->hours.ptr[before].val + event->hours.ptr[after].val;
    told.hours.ptr[i] = (uint32_t)(sum / 2);
  }
  if (told.filled > 0) log_info("%s: %u hours filled", cstr(event->meter), told.filled);
  return emit.cleaned(told);
}
