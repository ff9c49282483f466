;; Logs its text, and emits it or fails with it as code and message.
(module
  (import "lockstep:step/log@0.1.0" "log" (func $log (param i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 4096)
  (func (export "on-work") (param $fails i32) (param $text i32) (param $length i32) (result i32)
    (call $log (i32.const 2) (local.get $text) (local.get $length))
    (i32.store8 (i32.const 0) (local.get $fails))
    (if (local.get $fails)
      (then
        (i32.store8 (i32.const 8) (i32.const 1))
        (i32.store (i32.const 12) (local.get $text)) (i32.store (i32.const 16) (local.get $length))
        (i32.store (i32.const 20) (local.get $text)) (i32.store (i32.const 24) (local.get $length)))
      (else
        (i32.store (i32.const 8) (local.get $text)) (i32.store (i32.const 12) (local.get $length))))
    i32.const 0))
