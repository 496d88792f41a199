"""An SSH server on the loopback for one test: a user with a password or a key, and a console instead of a shell.

Usage: ssh_console.py PORT HOST_KEY AUTHORIZED_KEYS SETTINGS CONSOLE...

SETTINGS is a JSON file, read for each connection: user, password, algorithms (old: what OpenSSH gave up), maxSessions.
CONSOLE is a program; it is given the command as its last argument. What happens is printed, a line each.
"""

import asyncio
import json
import sys

import asyncssh

port, host_key, authorized_keys, settings_file, *console = sys.argv[1:]
connections = 0


def settings():
    with open(settings_file, encoding="utf-8") as file:
        return json.load(file)


class Server(asyncssh.SSHServer):
    def connection_made(self, conn):
        global connections
        connections += 1
        print(f"connected {connections}", flush=True)

    def connection_lost(self, exc):
        global connections
        connections -= 1
        print(f"gone {connections}", flush=True)

    def password_auth_supported(self):
        return True

    def kbdint_auth_supported(self):
        return settings().get("keyboard", False)

    def validate_password(self, username, password):
        given = settings()
        right = username == given["user"] and password == given["password"]
        print("password taken" if right else "password refused", flush=True)
        return right


async def run(process):
    if process.command is None:
        process.exit(1)
        return
    child = await asyncio.create_subprocess_exec(
        *console, process.command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    # All that was said goes out before the end: a redirection may still be on its way then.
    await asyncio.gather(carry(child.stdout, process.stdout), carry(child.stderr, process.stderr))
    process.exit(await child.wait())


async def carry(said, to):
    try:
        while data := await said.read(65536):
            to.write(data)
            await to.drain()
    except (BrokenPipeError, ConnectionError):
        pass


async def serve():
    old = {"kex_algs": ["diffie-hellman-group14-sha1"], "encryption_algs": ["aes128-cbc"], "mac_algs": ["hmac-sha1"]}
    await asyncssh.create_server(
        Server,
        "127.0.0.1",
        int(port),
        server_host_keys=[host_key],
        authorized_client_keys=authorized_keys,
        process_factory=run,
        encoding=None,
        **(old if settings().get("algorithms") == "old" else {}),
    )
    print("ready", flush=True)
    await asyncio.Event().wait()


asyncio.run(serve())
