;; Reaches for a socket or a name, and emits 0 or the number of the error and one.
(module
  (import "wasi:sockets/instance-network@0.2.0" "instance-network" (func $network (result i32)))
  (import "wasi:sockets/tcp-create-socket@0.2.0" "create-tcp-socket" (func $create (param i32 i32)))
  (import "wasi:sockets/ip-name-lookup@0.2.0" "resolve-addresses" (func $resolve (param i32 i32 i32 i32)))
  (import "wasi:sockets/tcp@0.2.0" "[method]tcp-socket.start-connect"
    (func $connect (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
  (import "wasi:sockets/tcp@0.2.0" "[method]tcp-socket.start-bind"
    (func $bind (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 1024) "localhost")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 4096)
  ;; What a result at 64 says, whose error stands at $error.
  (func $told (param $error i32) (result i32)
    (i32.store (i32.const 8) (if (result i32) (i32.load8_u (i32.const 64))
      (then (i32.add (i32.load8_u (local.get $error)) (i32.const 1))) (else (i32.const 0))))
    i32.const 0)
  (func (export "on-work") (param $op i32) (param $port i32) (result i32) (local $socket i32)
    (if (i32.eq (local.get $op) (i32.const 2)) (then
      (call $resolve (call $network) (i32.const 1024) (i32.const 9) (i32.const 64))
      (return (call $told (i32.const 68)))))
    (call $create (i32.const 0) (i32.const 64))
    (if (i32.load8_u (i32.const 64)) (then (return (call $told (i32.const 68)))))
    (local.set $socket (i32.load (i32.const 68)))
    (if (local.get $op)
      (then (call $bind (local.get $socket) (call $network) (i32.const 0) (local.get $port)
        (i32.const 127) (i32.const 0) (i32.const 0) (i32.const 1)
        (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 64)))
      (else (call $connect (local.get $socket) (call $network) (i32.const 0) (local.get $port)
        (i32.const 127) (i32.const 0) (i32.const 0) (i32.const 1)
        (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 64))))
    (call $told (i32.const 65))))
