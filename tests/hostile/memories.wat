;; Has three memories, of 30 MiB each: none is large, all together are.
(module
  (memory (export "memory") 480)
  (memory 480)
  (memory 480)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 4096)
  (func (export "on-work") (param i32) (result i32) i32.const 0))
