"""Serve one wire format from the command line, or for a benchmark in another process.

    python tests/support/model_servers/serve.py --format openai --port 0 --latency 0.2 --canned
    {"format": "openai", "url": "http://127.0.0.1:40123/v1", ...}

The first line of its output says where it listens. It ends on SIGTERM and SIGINT, and with --attached when its
standard input is closed, so that it never outlives the program that started it.
"""

import argparse
import json
import signal
import sys
import threading
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[3])  # run as a script, it finds its own package

from tests.support.model_servers.faults import TRANSIENT, Fault, FaultPlan  # noqa: E402
from tests.support.model_servers.formats import FORMATS  # noqa: E402
from tests.support.model_servers.server import ModelServer  # noqa: E402


def main(arguments: list[str] | None = None) -> None:
    """Serve until a signal, or the end of the standard input."""
    given = _parser().parse_args(arguments)
    if given.fault:
        rates = {Fault(kind): float(share) for kind, _, share in (text.partition("=") for text in given.fault)}
        faults = FaultPlan(rates, seed=given.seed, retry_after=given.retry_after)
    else:
        kinds = [kind for kind in TRANSIENT if kind is not Fault.STALL] if given.no_stall else TRANSIENT
        faults = FaultPlan.mixed(given.faulty, kinds=kinds, seed=given.seed, retry_after=given.retry_after)
    end = threading.Event()

    def until_closed() -> None:
        sys.stdin.read()
        end.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end.set())
    server = ModelServer(given.format, latency=given.latency, faults=faults, canned=given.canned, port=given.port)
    with server:
        said = {"format": given.format, "model": server.model, "url": server.url, "litellm_url": server.litellm_url}
        sys.stdout.write(json.dumps({**said, "stats": f"{server.address}/stats"}) + "\n")
        sys.stdout.flush()
        if given.attached:
            threading.Thread(target=until_closed, daemon=True).start()
        end.wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="A model server on the loopback interface with answers of the rehearsal model."
    )
    parser.add_argument("--format", choices=sorted(FORMATS), default="openai")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds from a request to its answer")
    parser.add_argument(
        "--canned", nargs="?", const=True, default=False, help="give one fixed answer to everything, or this text"
    )
    parser.add_argument(
        "--faulty", type=float, default=0.0, help="the share of requests to spoil, with all transient kinds"
    )
    parser.add_argument("--no-stall", action="store_true", help="leave stalled answers out of --faulty")
    parser.add_argument("--fault", action="append", metavar="KIND=SHARE", help="one kind of fault; may be repeated")
    parser.add_argument("--retry-after", type=float, default=1.0, help="seconds that a 429 asks for")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--attached", action="store_true", help="end when standard input is closed")
    return parser


if __name__ == "__main__":
    main()
