# What a debugger sees of a fiber. Run in the root of the repository by
#
#   cargo build -p ch05-fibers --example backtrace
#   gdb -batch -x crates/ch05-fibers/debug/fiber.gdb target/debug/examples/backtrace

set pagination off
set debuginfod enabled off
set print frame-arguments none
set width 0
set print address off

# At home: the thread's stack, from which fibers are dispatched.
break ch05_fibers::scheduler::Scheduler::attend
run
echo \n--- at home\n
backtrace
delete breakpoints

# In a fiber: its own frames, and the one that has nobody below it. Home and the
# other fibers are on no stack that the debugger knows: to it, a fiber that has
# stopped is a block of memory.
break backtrace::inner
continue
echo \n--- in the fiber\n
backtrace
delete breakpoints
continue
