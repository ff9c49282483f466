;; Emits one event with n bytes of text, of which the first two MiB are letters.
(module
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 4096)
  (func (export "on-work") (param $n i32) (result i32)
    (drop (memory.grow (i32.shr_u (local.get $n) (i32.const 16))))
    (memory.fill (i32.const 0x10000) (i32.const 0x61)
      (select (local.get $n) (i32.const 0x200000) (i32.lt_u (local.get $n) (i32.const 0x200000))))
    (i32.store (i32.const 8) (i32.const 16))
    (i32.store (i32.const 12) (i32.const 1))
    (i32.store (i32.const 20) (i32.const 0x10000))
    (i32.store (i32.const 24) (local.get $n))
    i32.const 0))
