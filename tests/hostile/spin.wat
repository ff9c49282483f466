;; Computes n million rounds, and without an n for ever.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 4096)
  (func (export "on-work") (param $n i32) (result i32) (local $i i32)
    (if (i32.eqz (local.get $n)) (then (loop $ever (br $ever))))
    (loop $millions
      (local.set $i (i32.const 1000000))
      (loop $rounds (br_if $rounds (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
      (br_if $millions (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    i32.const 0))
