// The memory of an attempt, which is thrown away with its instance: there is nothing to free.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/// What the host puts into memory, strings above all, ends with a zero byte that is not counted.
__attribute__((__export_name__("cabi_realloc"))) void *cabi_realloc(void *ptr, size_t old_size, size_t align,
                                                                    size_t new_size) {
  static _Alignas(16) uint8_t empty[16];
  (void)old_size;
  (void)align;
  if (new_size == 0) return empty;
  uint8_t *made = realloc(ptr == empty ? NULL : ptr, new_size + 1);
  if (!made) abort();
  made[new_size] = 0;
  return made;
}

/// Stands where the bindings would free what a handler has returned.
void lockstep_free(void *ptr) { (void)ptr; }

void *lockstep_take(size_t size, size_t count) {
  void *made = calloc(count ? count : 1, size ? size : 1);
  if (!made) abort();
  return made;
}

/// A list with room for one more: one that has been filled by this alone doubles whenever its length is a power of two.
void *lockstep_room(void *list, size_t len, size_t size) {
  if (len & (len - 1)) return list;
  uint8_t *made = lockstep_take(size, len ? 2 * len : 1);
  if (len) memcpy(made, list, len * size);
  return made;
}
