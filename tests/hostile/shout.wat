;; Logs one line of n MiB.
(module
  (import "lockstep:step/log@0.1.0" "log" (func $log (param i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 4096)
  (func (export "on-work") (param $n i32) (result i32)
    (if (i32.eq (memory.grow (i32.shl (local.get $n) (i32.const 4))) (i32.const -1)) (then unreachable))
    (call $log (i32.const 2) (i32.const 0x10000) (i32.shl (local.get $n) (i32.const 20)))
    i32.const 0))
