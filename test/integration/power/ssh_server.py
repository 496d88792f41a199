"""An SSH server on the loopback for one test: the one key may run commands, as whoever runs this.

Usage: ssh_server.py PORT HOST_KEY AUTHORIZED_KEYS
"""

import asyncio
import sys

import asyncssh


async def run(process):
    child = await asyncio.create_subprocess_shell(
        process.command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    await process.redirect(stdin=child.stdin, stdout=child.stdout, stderr=child.stderr)
    process.exit(await child.wait())


async def serve(port, host_key, authorized_keys):
    await asyncssh.listen(
        "127.0.0.1",
        port,
        server_host_keys=[host_key],
        authorized_client_keys=authorized_keys,
        process_factory=run,
        encoding=None,
    )
    print("ready", flush=True)
    await asyncio.Event().wait()


asyncio.run(serve(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
