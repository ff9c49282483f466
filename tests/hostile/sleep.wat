;; Waits n milliseconds in the host, which is no computing.
(module
  (import "wasi:clocks/monotonic-clock@0.2.6" "subscribe-duration" (func $after (param i64) (result i32)))
  (import "wasi:io/poll@0.2.6" "[method]pollable.block" (func $block (param i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 4096)
  (func (export "on-work") (param $n i32) (result i32)
    (call $block (call $after (i64.mul (i64.extend_i32_u (local.get $n)) (i64.const 1000000))))
    i32.const 0))
