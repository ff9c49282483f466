;; Emits n events that all have the same text of 64 KiB: little memory here, much where they are taken.
(module
  (memory (export "memory") 258)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 4096)
  (func (export "on-work") (param $n i32) (result i32) (local $at i32) (local $left i32)
    (memory.fill (i32.const 0x10000) (i32.const 0x61) (i32.const 0x10000))
    (i32.store (i32.const 8) (i32.const 0x20000))
    (i32.store (i32.const 12) (local.get $n))
    (local.set $at (i32.const 0x20000))
    (local.set $left (local.get $n))
    (loop $each
      (i32.store (i32.add (local.get $at) (i32.const 4)) (i32.const 0x10000))
      (i32.store (i32.add (local.get $at) (i32.const 8)) (i32.const 0x10000))
      (local.set $at (i32.add (local.get $at) (i32.const 12)))
      (br_if $each (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    i32.const 0))
