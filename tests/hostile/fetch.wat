;; Sends the request so often, and comes back with the last answer.
(module
  (import "lockstep:step/http@0.1.0" "fetch" (func $fetch
    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i64 i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (global $heap (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32) (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 15)) (i32.const -16)))
    (global.set $heap (i32.add (local.get $at) (local.get $size)))
    (if (i32.gt_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536))) (then
      (drop (memory.grow (i32.add (i32.shr_u (local.get $size) (i32.const 16)) (i32.const 1))))))
    local.get $at)
  (func (export "on-work")
    (param $method i32) (param $method-length i32) (param $url i32) (param $url-length i32)
    (param $headers i32) (param $headers-length i32) (param $body i32) (param $body-length i32)
    (param $limited i32) (param $timeout i64)
    (param $keyed i32) (param $key i32) (param $key-length i32) (param $times i32) (result i32)
    (loop $again
      (call $fetch (local.get $method) (local.get $method-length) (local.get $url) (local.get $url-length)
        (local.get $headers) (local.get $headers-length) (local.get $body) (local.get $body-length)
        (local.get $limited) (local.get $timeout)
        (local.get $keyed) (local.get $key) (local.get $key-length) (i32.const 8))
      (local.set $times (i32.sub (local.get $times) (i32.const 1)))
      (br_if $again (i32.gt_s (local.get $times) (i32.const 0))))
    i32.const 0))
