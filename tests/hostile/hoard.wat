;; Puts n different blobs of 64 KiB, which the host holds until the attempt ends.
(module
  (import "lockstep:step/blob@0.1.0" "put" (func $put (param i32 i32 i32)))
  (memory (export "memory") 3)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 4096)
  (func (export "on-work") (param $n i32) (result i32)
    (loop $more
      (i32.store (i32.const 0x10000) (local.get $n))
      (call $put (i32.const 0x10000) (i32.const 0x10000) (i32.const 64))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    i32.const 0))
