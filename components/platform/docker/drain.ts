import type { ContainerFile } from "../contract/container";

/** Where a draining container tells HAProxy so (`agent-check`). */
export const DRAIN_AGENT_PORT = 8405;

/** Four rounds of HAProxy's checks. uvicorn has 5 seconds less than the grace to end its requests. */
const DRAIN_SECONDS = 2;

/** Stands in front of a command that is to leave the load balancer's rotation before it is asked to stop. */
export const DRAIN_FILE: ContainerFile = {
  path: "/usr/local/bin/sized-stack-drain",
  content: `"""Runs a command. Asked to stop, tells the load balancer's agent check first, and passes the request on later."""

import signal
import socket
import subprocess
import sys
import threading

port, seconds, command = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]
leaving = threading.Event()
agent = socket.create_server(("", port))


def answer():
    while True:
        try:
            connection, _ = agent.accept()
            with connection:
                connection.sendall(b"drain\\n" if leaving.is_set() else b"ready\\n")
        except OSError:
            pass


def stop(*_):
    if not leaving.is_set():
        leaving.set()
        threading.Timer(seconds, child.terminate).start()


child = subprocess.Popen(command)
signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)
threading.Thread(target=answer, daemon=True).start()
code = child.wait()
sys.exit(code if code >= 0 else 128 - code)
`,
};

/** The command line that runs `argv` behind it. */
export const drainArgv = (argv: readonly string[]): string[] => [
  "python",
  DRAIN_FILE.path,
  String(DRAIN_AGENT_PORT),
  String(DRAIN_SECONDS),
  ...argv,
];
