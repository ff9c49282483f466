;; Fills its whole memory of 32 MiB n times, and without an n for ever: one instruction is a lot of work.
(module
  (memory (export "memory") 512)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 4096)
  (func (export "on-work") (param $n i32) (result i32)
    (loop $again
      (memory.fill (i32.const 0) (i32.const 0) (i32.const 0x2000000))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    i32.const 0))
