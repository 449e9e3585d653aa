"""Model servers on the loopback interface, in the providers' real wire formats, with answers of the rehearsal model.

A test points the settings at a server, and compares its counts in the end:

    with ModelServer("anthropic", faults=FaultPlan(script=[Fault.RATE_LIMIT])) as server:
        os.environ["TOOLGRAD_MODEL"], os.environ["TOOLGRAD_API_BASE"] = server.model, server.url
        ...
    assert server.stats.answered == 12
"""

from tests.support.model_servers.abilities import Abilities, Ability
from tests.support.model_servers.faults import FATAL, TRANSIENT, Fault, FaultPlan
from tests.support.model_servers.formats import FORMATS
from tests.support.model_servers.process import ServerProcess
from tests.support.model_servers.server import ModelServer
from tests.support.model_servers.stats import ModelCount, Stats

__all__ = [
    "FATAL",
    "FORMATS",
    "TRANSIENT",
    "Abilities",
    "Ability",
    "Fault",
    "FaultPlan",
    "ModelCount",
    "ModelServer",
    "ServerProcess",
    "Stats",
]
