;; Calls itself n deep, and without an n for ever.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 4096)
  (func $down (param $n i32) (result i32)
    (if (result i32) (i32.eq (local.get $n) (i32.const 1)) (then (i32.const 0))
      (else (i32.add (i32.const 1) (call $down (i32.sub (local.get $n) (i32.const 1)))))))
  (func (export "on-work") (param $n i32) (result i32)
    (drop (call $down (local.get $n)))
    i32.const 0))
