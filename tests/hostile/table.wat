;; Grows a table by n thousand elements, a thousand at a time, and traps when it gets no more.
(module
  (memory (export "memory") 1)
  (table $t 1 funcref)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 4096)
  (func (export "on-work") (param $n i32) (result i32)
    (loop $more
      (if (i32.eq (table.grow $t (ref.null func) (i32.const 1000)) (i32.const -1)) (then unreachable))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    i32.const 0))
