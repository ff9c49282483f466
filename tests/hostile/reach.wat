;; Answers of the host lie at 64, the handler's own at 0, descriptors from 1024 on.
(module
  (import "lockstep:step/run@0.1.0" "now" (func $step-now (result i64)))
  (import "lockstep:step/run@0.1.0" "random" (func $step-random (param i32 i32)))
  (import "wasi:clocks/wall-clock@0.2.0" "now" (func $now (param i32)))
  (import "wasi:random/random@0.2.0" "get-random-u64" (func $random (result i64)))
  (import "wasi:io/streams@0.2.0" "[method]output-stream.blocking-write-and-flush"
    (func $flush (param i32 i32 i32 i32)))
  (import "wasi:io/streams@0.2.0" "[method]output-stream.check-write" (func $check (param i32 i32)))
  (import "wasi:io/streams@0.2.0" "[method]output-stream.write" (func $stream-write (param i32 i32 i32 i32)))
  (import "wasi:io/streams@0.2.0" "[resource-drop]output-stream" (func $drop-stream (param i32)))
  (import "wasi:filesystem/preopens@0.2.0" "get-directories" (func $folders (param i32)))
  (import "wasi:filesystem/types@0.2.0" "filesystem-error-code" (func $error (param i32 i32)))
  (import "wasi:filesystem/types@0.2.0" "[resource-drop]descriptor" (func $drop (param i32)))
  (import "wasi:filesystem/types@0.2.0" "[resource-drop]directory-entry-stream" (func $drop-list (param i32)))
  (import "wasi:filesystem/types@0.2.0" "[method]descriptor.open-at"
    (func $open (param i32 i32 i32 i32 i32 i32 i32)))
  (import "wasi:filesystem/types@0.2.0" "[method]descriptor.read" (func $read (param i32 i64 i64 i32)))
  (import "wasi:filesystem/types@0.2.0" "[method]descriptor.write"
    (func $write (param i32 i32 i32 i64 i32)))
  (import "wasi:filesystem/types@0.2.0" "[method]descriptor.set-size" (func $set-size (param i32 i64 i32)))
  (import "wasi:filesystem/types@0.2.0" "[method]descriptor.create-directory-at"
    (func $mkdir (param i32 i32 i32 i32)))
  (import "wasi:filesystem/types@0.2.0" "[method]descriptor.unlink-file-at"
    (func $unlink (param i32 i32 i32 i32)))
  (import "wasi:filesystem/types@0.2.0" "[method]descriptor.remove-directory-at"
    (func $rmdir (param i32 i32 i32 i32)))
  (import "wasi:filesystem/types@0.2.0" "[method]descriptor.rename-at"
    (func $rename (param i32 i32 i32 i32 i32 i32 i32)))
  (import "wasi:filesystem/types@0.2.0" "[method]descriptor.link-at"
    (func $link (param i32 i32 i32 i32 i32 i32 i32 i32)))
  (import "wasi:filesystem/types@0.2.0" "[method]descriptor.symlink-at"
    (func $symlink (param i32 i32 i32 i32 i32 i32)))
  (import "wasi:filesystem/types@0.2.0" "[method]descriptor.stat-at"
    (func $stat (param i32 i32 i32 i32 i32)))
  (import "wasi:filesystem/types@0.2.0" "[method]descriptor.set-times-at"
    (func $set-times (param i32 i32 i32 i32 i32 i64 i32 i32 i64 i32 i32)))
  (import "wasi:filesystem/types@0.2.0" "[method]descriptor.write-via-stream"
    (func $write-stream (param i32 i64 i32)))
  (import "wasi:filesystem/types@0.2.0" "[method]descriptor.append-via-stream"
    (func $append-stream (param i32 i32)))
  (import "wasi:filesystem/types@0.2.0" "[method]descriptor.read-directory" (func $list (param i32 i32)))
  (import "wasi:filesystem/types@0.2.0" "[method]directory-entry-stream.read-directory-entry"
    (func $entry (param i32 i32)))
  (memory (export "memory") 1)
  (global $heap (mut i32) (i32.const 8192))
  (func $realloc (export "cabi_realloc")
    (param i32 i32) (param $align i32) (param $size i32) (result i32) (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 15)) (i32.const -16)))
    (global.set $heap (i32.add (local.get $at) (local.get $size)))
    (if (i32.gt_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536))) (then
      (drop (memory.grow (i32.add (i32.shr_u (local.get $size) (i32.const 16)) (i32.const 1))))))
    local.get $at)
  ;; What came of a call without a value: its code, or -1.
  (func $code (param $at i32) (result i32)
    (if (result i32) (i32.load8_u (i32.const 64))
      (then (i32.load8_u (local.get $at))) (else (i32.const -1))))
  (func $fd (param $place i32) (result i32)
    (i32.load (i32.add (i32.const 1024) (i32.mul (local.get $place) (i32.const 4)))))
  ;; The number of the turn, in the last six letters of the path.
  (func $stamp (param $end i32) (param $n i32) (local $i i32)
    (loop $next
      (local.set $end (i32.sub (local.get $end) (i32.const 1)))
      (i32.store8 (local.get $end) (i32.add (i32.const 48) (i32.rem_u (local.get $n) (i32.const 10))))
      (local.set $n (i32.div_u (local.get $n) (i32.const 10)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 6)))))
  ;; Writes the text into the stream so often, or until it is refused; waits each time or never.
  (func $into (param $d i32) (param $answer i32) (param $waits i32) (result i32) (local $stream i32) (local $i i32)
    (if (i32.load8_u (i32.const 64)) (then (return (i32.load8_u (i32.const 68)))))
    (local.set $stream (i32.load (i32.const 68)))
    (loop $next
      (if (local.get $waits)
        (then (call $flush (local.get $stream) (i32.load offset=32 (local.get $d))
          (i32.load offset=36 (local.get $d)) (i32.const 64)))
        (else
          (call $check (local.get $stream) (i32.const 64))
          (call $stream-write (local.get $stream) (i32.load offset=32 (local.get $d))
            (i32.load offset=36 (local.get $d)) (i32.const 64))))
      (if (i32.load8_u (i32.const 64)) (then
        (call $error (i32.load (i32.const 72)) (i32.const 128))
        (return (i32.load8_u (i32.const 129)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (i64.store offset=8 (local.get $answer) (i64.extend_i32_u (local.get $i)))
      (br_if $next (i32.lt_u (local.get $i) (i32.load offset=40 (local.get $d)))))
    (if (i32.eqz (i32.load offset=12 (local.get $d))) (then (call $drop-stream (local.get $stream))))
    i32.const -1)
  (func $count (param $answer i32) (result i32) (local $list i32)
    (if (i32.load8_u (i32.const 64)) (then (return (i32.load8_u (i32.const 68)))))
    (local.set $list (i32.load (i32.const 68)))
    (block $end (loop $next
      (call $entry (local.get $list) (i32.const 64))
      (br_if $end (i32.eqz (i32.load8_u (i32.const 68))))
      (i64.store offset=8 (local.get $answer) (i64.add (i64.load offset=8 (local.get $answer)) (i64.const 1)))
      (br $next)))
    (call $drop-list (local.get $list))
    i32.const -1)
  (func $do (param $d i32) (param $answer i32) (result i32)
    (local $fd i32) (local $to i32) (local $flags i32) (local $path i32) (local $length i32)
    (local $text i32) (local $bytes i32) (local $n i64)
    (local.set $fd (call $fd (i32.load offset=4 (local.get $d))))
    (local.set $to (call $fd (i32.load offset=8 (local.get $d))))
    (local.set $flags (i32.load offset=12 (local.get $d)))
    (local.set $n (i64.load offset=16 (local.get $d)))
    (local.set $path (i32.load offset=24 (local.get $d)))
    (local.set $length (i32.load offset=28 (local.get $d)))
    (local.set $text (i32.load offset=32 (local.get $d)))
    (local.set $bytes (i32.load offset=36 (local.get $d)))
    (block $15 (block $14 (block $13 (block $12 (block $11 (block $10 (block $9 (block $8 (block $7
    (block $6 (block $5 (block $4 (block $3 (block $2 (block $1 (block $0
    (block $21 (block $20 (block $19 (block $18 (block $17 (block $16
      (br_table $0 $1 $2 $3 $4 $5 $6 $7 $8 $9 $10 $11 $12 $13 $14 $15 $16 $17 $18 $19 $20 $21
        (i32.load (local.get $d))))
    ;; 16: the time
    (call $now (i32.const 64))
    (i64.store offset=8 (local.get $answer) (i64.load (i32.const 64)))
    (return (i32.const -1)))
    ;; 17: the time of lockstep:step
    (i64.store offset=8 (local.get $answer) (call $step-now))
    (return (i32.const -1)))
    ;; 18: chance
    (i64.store offset=8 (local.get $answer) (call $random))
    (return (i32.const -1)))
    ;; 19: chance of lockstep:step
    (call $step-random (i32.const 8) (i32.const 64))
    (i64.store offset=8 (local.get $answer) (i64.load (i32.load (i32.const 64))))
    (return (i32.const -1)))
    ;; 20: write into a stream and never wait
    (call $write-stream (local.get $fd) (local.get $n) (i32.const 64))
    (return (call $into (local.get $d) (local.get $answer) (i32.const 0))))
    ;; 21: where the folder at that place is
    (call $folders (i32.const 64))
    (local.set $to (i32.add (i32.load (i32.const 64))
      (i32.mul (i32.load offset=4 (local.get $d)) (i32.const 12))))
    (i64.store offset=16 (local.get $answer) (i64.load offset=4 (local.get $to)))
    (return (i32.const -1)))
    ;; 0: open
    (call $open (local.get $fd) (i32.and (local.get $flags) (i32.const 255)) (local.get $path)
      (local.get $length) (i32.and (i32.shr_u (local.get $flags) (i32.const 8)) (i32.const 255))
      (i32.shr_u (local.get $flags) (i32.const 16)) (i32.const 64))
    (if (i32.load8_u (i32.const 64)) (then (return (i32.load8_u (i32.const 68)))))
    (i32.store (i32.add (i32.const 1024) (i32.mul (i32.load offset=8 (local.get $d)) (i32.const 4)))
      (i32.load (i32.const 68)))
    (if (i32.gt_u (i32.load offset=40 (local.get $d)) (i32.const 1))
      (then (call $drop (i32.load (i32.const 68)))))
    (return (i32.const -1)))
    ;; 1: read
    (call $read (local.get $fd) (i64.const 4096) (local.get $n) (i32.const 64))
    (if (i32.load8_u (i32.const 64)) (then (return (i32.load8_u (i32.const 68)))))
    (i32.store offset=16 (local.get $answer) (i32.load (i32.const 68)))
    (i32.store offset=20 (local.get $answer) (i32.load (i32.const 72)))
    (return (i32.const -1)))
    ;; 2: write
    (call $write (local.get $fd) (local.get $text) (local.get $bytes) (local.get $n) (i32.const 64))
    (if (i32.load8_u (i32.const 64)) (then (return (i32.load8_u (i32.const 72)))))
    (i64.store offset=8 (local.get $answer) (i64.load (i32.const 72)))
    (return (i32.const -1)))
    ;; 3: set the size
    (call $set-size (local.get $fd) (local.get $n) (i32.const 64))
    (return (call $code (i32.const 65))))
    (call $mkdir (local.get $fd) (local.get $path) (local.get $length) (i32.const 64))
    (return (call $code (i32.const 65))))
    (call $unlink (local.get $fd) (local.get $path) (local.get $length) (i32.const 64))
    (return (call $code (i32.const 65))))
    (call $rmdir (local.get $fd) (local.get $path) (local.get $length) (i32.const 64))
    (return (call $code (i32.const 65))))
    (call $rename (local.get $fd) (local.get $path) (local.get $length)
      (local.get $to) (local.get $text) (local.get $bytes) (i32.const 64))
    (return (call $code (i32.const 65))))
    (call $link (local.get $fd) (i32.const 0) (local.get $path) (local.get $length)
      (local.get $to) (local.get $text) (local.get $bytes) (i32.const 64))
    (return (call $code (i32.const 65))))
    (call $symlink (local.get $fd) (local.get $text) (local.get $bytes)
      (local.get $path) (local.get $length) (i32.const 64))
    (return (call $code (i32.const 65))))
    ;; 10: the size
    (call $stat (local.get $fd) (local.get $flags) (local.get $path) (local.get $length) (i32.const 64))
    (if (i32.load8_u (i32.const 64)) (then (return (i32.load8_u (i32.const 72)))))
    (i64.store offset=8 (local.get $answer) (i64.load (i32.const 88)))
    (return (i32.const -1)))
    (call $write-stream (local.get $fd) (local.get $n) (i32.const 64))
    (return (call $into (local.get $d) (local.get $answer) (i32.const 1))))
    (call $append-stream (local.get $fd) (i32.const 64))
    (return (call $into (local.get $d) (local.get $answer) (i32.const 1))))
    (call $list (local.get $fd) (i32.const 64))
    (return (call $count (local.get $answer))))
    (call $set-times (local.get $fd) (local.get $flags) (local.get $path) (local.get $length)
      (i32.const 1) (i64.const 0) (i32.const 0) (i32.const 1) (i64.const 0) (i32.const 0) (i32.const 64))
    (return (call $code (i32.const 65))))
    ;; 15: close, or come to no good end
    (if (i32.eq (local.get $flags) (i32.const 1)) (then unreachable))
    (if (i32.eq (local.get $flags) (i32.const 2)) (then (loop $ever (br $ever))))
    (call $drop (local.get $fd))
    i32.const -1)
  (func $begin (local $i i32) (local $at i32)
    (call $folders (i32.const 64))
    (local.set $at (i32.load (i32.const 64)))
    (block $end (loop $next
      (br_if $end (i32.eq (local.get $i) (i32.load (i32.const 68))))
      (i32.store (i32.add (i32.const 1024) (i32.mul (local.get $i) (i32.const 4))) (i32.load (local.get $at)))
      (local.set $at (i32.add (local.get $at) (i32.const 12)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next))))
  ;; A deed is done as often as it says, but for streams that count for themselves.
  (func $all (param $d i32) (param $answer i32) (local $i i32) (local $op i32)
    (local.set $op (i32.load (local.get $d)))
    (loop $next
      (if (i32.gt_u (i32.load offset=40 (local.get $d)) (i32.const 1)) (then
        (if (i32.ge_u (i32.load offset=28 (local.get $d)) (i32.const 6)) (then
          (call $stamp (i32.add (i32.load offset=24 (local.get $d)) (i32.load offset=28 (local.get $d)))
            (local.get $i))))))
      (i32.store (local.get $answer) (call $do (local.get $d) (local.get $answer)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (if (i32.or (i32.or (i32.eq (local.get $op) (i32.const 11)) (i32.eq (local.get $op) (i32.const 12)))
          (i32.eq (local.get $op) (i32.const 20)))
        (then (return)))
      (if (i32.gt_u (i32.load offset=40 (local.get $d)) (i32.const 1))
        (then (i64.store offset=8 (local.get $answer) (i64.extend_i32_u (local.get $i)))))
      (br_if $next (i32.and (i32.eq (i32.load (local.get $answer)) (i32.const -1))
        (i32.lt_u (local.get $i) (i32.load offset=40 (local.get $d)))))))
  (func (export "on-work") (param $d i32) (param $n i32) (result i32) (local $answer i32)
    (i32.store (i32.const 12) (local.get $n))
    (local.set $answer (call $realloc (i32.const 0) (i32.const 0) (i32.const 8)
      (i32.mul (local.get $n) (i32.const 24))))
    (i32.store (i32.const 8) (local.get $answer))
    (call $begin)
    (block $end (loop $next
      (br_if $end (i32.eqz (local.get $n)))
      (call $all (local.get $d) (local.get $answer))
      (local.set $d (i32.add (local.get $d) (i32.const 48)))
      (local.set $answer (i32.add (local.get $answer) (i32.const 24)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br $next)))
    i32.const 0))
