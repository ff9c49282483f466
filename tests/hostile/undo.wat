;; Changes state, publishes, puts a blob, and traps; with an n it does not trap.
(module
  (import "lockstep:step/state@0.1.0" "set" (func $set (param i32 i32 i32 i32)))
  (import "lockstep:step/updates@0.1.0" "publish" (func $publish (param i32 i32 i32 i32)))
  (import "lockstep:step/blob@0.1.0" "put" (func $put (param i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 1024) "key\"new\"")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 4096)
  (func (export "on-work") (param $n i32) (result i32)
    (call $set (i32.const 1024) (i32.const 3) (i32.const 1027) (i32.const 5))
    (call $publish (i32.const 1024) (i32.const 3) (i32.const 1027) (i32.const 5))
    (call $put (i32.const 1024) (i32.const 8) (i32.const 64))
    (if (i32.eqz (local.get $n)) (then unreachable))
    i32.const 0))
