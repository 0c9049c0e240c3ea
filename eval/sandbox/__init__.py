"""Runs programs that nobody has read, in six languages, and tells what came of them.

    from eval.sandbox import tiers
    from eval.sandbox.program import Program

    with tiers.open_sandbox() as sandbox:
        program = Program("python", {"main.py": b"print(input()[::-1])"}, "main.py")
        outcome = sandbox.run(program, stdin=b"abc")
    assert outcome.stdout == b"cba\n" and outcome.succeeded

Imports neither JAX nor, in the process that starts programs, numpy.

Covered, in tiers 1 (namespaces) and 2 (Landlock), with a test for each:

- Reading: a program sees the system under /usr, its toolchain, its own files and its
  input. Not the harness's files, other processes, inherited descriptors or variables.
- Writing: only its own folder, and in tier 1 its own /tmp; both vanish at its end.
- No sockets but connected pairs, no namespaces, ptrace, BPF, io_uring, keys, System V
  memory, memfd; no privilege is gained; as root, another user that owns nothing.
- Wall and CPU time, memory, processes, output, file and disk size end at their limits,
  counted over all that a program starts; memory, CPU and, in tier 2, disk space of many
  small processes are looked at ten times a second, so that they can be passed by what
  a tenth of a second brings.
- Daemons, stopped and deaf processes end with the program; everything ends with the
  harness, however that one ends.
- Exit code, signal and limit come from the kernel, not from the program.
- Two programs that talk (`Sandbox.converse`) reach nothing of each other but two pipes.

Not covered:

- Whether a program did its task. It may exit early with code 0, print "PASSED", or
  have memorised an example. So expected outputs never enter the sandbox: the harness
  sends inputs, takes outputs as data (JSON, never pickle) and compares by itself.
- Flaws of the kernel: it is shared. For programs written to attack it, run the whole
  harness in a virtual machine.
- What can be measured: time, the load of caches and cores, that files outside exist in
  tier 2 (Landlock hides their contents, not their names' existence, sizes and times).
- In tier 2 without root: programs run as the harness's user and may change
  permissions and times of that user's files, though not open them; their processes
  count with the user's own; /dev/shm and /tmp are closed to them.
- What is readable for everybody under /usr, installed Python packages included.
- Memory between two glances: each process has a limit of its own, which runtimes that
  reserve addresses (JavaScript, Go, Java) get with 1 to 2 GiB on top. A tmpfs counts
  by itself: up to `disk_bytes` of memory more in tier 1, and 16 MiB of /dev/shm.
- Fairness among programs: they share the cores. A time limit on a busy machine hits
  programs that would pass on an idle one; take fewer workers than cores.
- Tier 3 (limits only) covers time, output and processes of programs that mean no harm.
- Tier 4 is one of the others, on each machine of a fleet, and covers what that does; a
  container around it is as strong as its engine. Three things are weaker. The answer
  is swe-rex's: whoever rules its server rules the grades, and over http:// program,
  answer and token cross the network in the clear. A cancelled program goes on until its
  own limits where the machine is not a container of ours. And a harness that is killed
  (SIGKILL, SIGTERM) leaves its containers running.
"""
