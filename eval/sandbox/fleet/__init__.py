"""Tier 4: programs run in containers and on remote machines, through swe-rex.

    [{"type": "docker", "image": "my-image-with-compilers", "count": 4},
     {"type": "remote", "host": "http://10.0.0.7", "port": 8000, "auth_token": "..."}]

Such a file, of swe-rex's own deployment configs, is a fleet. Each of its machines gets
the agent: this sandbox, packed. It confines each program there once more, in the
strongest tier that the machine has, so that a program reaches neither the next one nor
swe-rex's server, whose word the harness trusts. Limits alone would not keep it from
that: they are not taken unasked, even with a container around.

A server of swe-rex does one thing at a time, so that a machine runs one program, or two
that converse, and a fleet as many at once as it has machines.
"""

import os

# Read once, when swe-rex is imported: unless somebody wants to know, it says nothing.
LOG_LEVEL = os.environ.setdefault("SWE_REX_LOG_STREAM_LEVEL", "100")
