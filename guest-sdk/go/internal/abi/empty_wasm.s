// A function without a body, like sbrk, is allowed beside a file of assembler.
