;; Makes another call each time that it is begun: how often that was, it keeps in a store outside its run, as the
;; length of a value. It sends the request of its turn if it has any, else it calls the tool of its turn; the
;; last one again and again. Answers of the host lie from 64 on, the value at 2048.
(module
  (import "wasi:keyvalue/store@0.2.0-draft" "open" (func $open (param i32 i32 i32)))
  (import "wasi:keyvalue/store@0.2.0-draft" "[method]bucket.get" (func $get (param i32 i32 i32 i32)))
  (import "wasi:keyvalue/store@0.2.0-draft" "[method]bucket.set"
    (func $set (param i32 i32 i32 i32 i32 i32)))
  (import "lockstep:step/http@0.1.0" "fetch" (func $fetch
    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i64 i32 i32 i32 i32)))
  (import "lockstep:step/tools@0.1.0" "call" (func $call (param i32 i32 i32 i32 i32)))
  (memory (export "memory") 2)
  (data (i32.const 1024) "memoturn")
  (global $heap (mut i32) (i32.const 4096))
  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32) (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 15)) (i32.const -16)))
    (global.set $heap (i32.add (local.get $at) (local.get $size)))
    local.get $at)
  ;; How often it was begun before, which is now once more.
  (func $turn (result i32) (local $bucket i32) (local $turn i32)
    (call $open (i32.const 1024) (i32.const 4) (i32.const 64))
    (if (i32.load8_u (i32.const 64)) (then (unreachable)))
    (local.set $bucket (i32.load (i32.const 68)))
    (call $get (local.get $bucket) (i32.const 1028) (i32.const 4) (i32.const 96))
    (if (i32.load8_u (i32.const 96)) (then (unreachable)))
    (if (i32.load8_u (i32.const 100)) (then (local.set $turn (i32.load (i32.const 108)))))
    (call $set (local.get $bucket) (i32.const 1028) (i32.const 4)
      (i32.const 2048) (i32.add (local.get $turn) (i32.const 1)) (i32.const 128))
    (if (i32.load8_u (i32.const 128)) (then (unreachable)))
    local.get $turn)
  ;; Where the element of a turn lies in a list, or the last one.
  (func $of (param $list i32) (param $length i32) (param $turn i32) (param $size i32) (result i32)
    (if (i32.ge_u (local.get $turn) (local.get $length)) (then
      (local.set $turn (i32.sub (local.get $length) (i32.const 1)))))
    (i32.add (local.get $list) (i32.mul (local.get $turn) (local.get $size))))
  (func (export "on-work") (param $calls i32) (param $n i32) (param $requests i32) (param $m i32) (result i32)
    (local $turn i32) (local $at i32)
    (local.set $turn (call $turn))
    (if (local.get $m)
      (then
        (local.set $at (call $of (local.get $requests) (local.get $m) (local.get $turn) (i32.const 64)))
        (call $fetch
          (i32.load (local.get $at)) (i32.load offset=4 (local.get $at))
          (i32.load offset=8 (local.get $at)) (i32.load offset=12 (local.get $at))
          (i32.load offset=16 (local.get $at)) (i32.load offset=20 (local.get $at))
          (i32.load offset=24 (local.get $at)) (i32.load offset=28 (local.get $at))
          (i32.load8_u offset=32 (local.get $at)) (i64.load offset=40 (local.get $at))
          (i32.load8_u offset=48 (local.get $at)) (i32.load offset=52 (local.get $at))
          (i32.load offset=56 (local.get $at)) (i32.const 512)))
      (else
        (local.set $at (call $of (local.get $calls) (local.get $n) (local.get $turn) (i32.const 16)))
        (call $call (i32.load (local.get $at)) (i32.load offset=4 (local.get $at))
          (i32.load offset=8 (local.get $at)) (i32.load offset=12 (local.get $at)) (i32.const 512))))
    (i32.store (i32.const 8) (local.get $turn))
    i32.const 0))
