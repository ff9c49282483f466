;; Writes n times 4 KiB to stdout, without a newline.
(module
  (import "wasi:cli/stdout@0.2.6" "get-stdout" (func $stdout (result i32)))
  (import "wasi:io/streams@0.2.6" "[method]output-stream.blocking-write-and-flush"
    (func $write (param i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 4096)
  (func (export "on-work") (param $n i32) (result i32) (local $to i32)
    (memory.fill (i32.const 8192) (i32.const 0x61) (i32.const 4096))
    (local.set $to (call $stdout))
    (loop $more
      (call $write (local.get $to) (i32.const 8192) (i32.const 4096) (i32.const 64))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    i32.const 0))
