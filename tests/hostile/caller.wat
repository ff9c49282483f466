;; Lists its tools if it is to, calls one so often, and comes back with both: the last answer at 8, the list
;; at 40.
(module
  (import "lockstep:step/tools@0.1.0" "list" (func $list (param i32)))
  (import "lockstep:step/tools@0.1.0" "call" (func $call (param i32 i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (global $heap (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32) (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 15)) (i32.const -16)))
    (global.set $heap (i32.add (local.get $at) (local.get $size)))
    (if (i32.gt_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536))) (then
      (drop (memory.grow (i32.add (i32.shr_u (local.get $size) (i32.const 16)) (i32.const 1))))))
    local.get $at)
  (func (export "on-work") (param $name i32) (param $name-length i32) (param $arguments i32)
    (param $arguments-length i32) (param $times i32) (param $lists i32) (result i32)
    (if (local.get $lists) (then (call $list (i32.const 40))))
    (block $end (loop $again
      (br_if $end (i32.eqz (local.get $times)))
      (call $call (local.get $name) (local.get $name-length) (local.get $arguments)
        (local.get $arguments-length) (i32.const 8))
      (local.set $times (i32.sub (local.get $times) (i32.const 1)))
      (br $again)))
    i32.const 0))
