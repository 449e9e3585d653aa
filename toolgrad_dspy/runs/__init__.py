"""Running many sessions: a run as data, the engines that play it, the store that keeps it, progress and figures."""

from toolgrad_dspy.runs.as_function import agenerate, generate, new_folder
from toolgrad_dspy.runs.config_file import ConfigFile, gate_config, load_config_file, program_config
from toolgrad_dspy.runs.engines import Done, LocalEngine, OpenRun, RunEngine
from toolgrad_dspy.runs.estimate import Estimate, estimate, estimate_from, estimate_from_run
from toolgrad_dspy.runs.event_loop import execute
from toolgrad_dspy.runs.generate_run import generate_run
from toolgrad_dspy.runs.progress import BarProgress, LineProgress, QuietProgress, RunProgress, run_progress
from toolgrad_dspy.runs.run import Run
from toolgrad_dspy.runs.run_rows import sessions_damaged
from toolgrad_dspy.runs.settings import Settings, run_spec
from toolgrad_dspy.runs.spec import REHEARSAL_NOTE, ModelsSpec, OpenSpec, RunSpec
from toolgrad_dspy.runs.spending import TOOLS, Spending, SpendingLog
from toolgrad_dspy.runs.statistics import RunStatistics, statistics
from toolgrad_dspy.runs.store import RunStore, canonical
from toolgrad_dspy.runs.stored_configuration import StoredConfiguration
from toolgrad_dspy.runs.tools_files import ToolsFiles, tools_spec
from toolgrad_dspy.runs.tools_given import ToolsGiven, tools_given
from toolgrad_dspy.runs.tools_spec import JoinedTools, McpTools, PythonTools, SourceTools, ToolsSpec, WorldTools
from toolgrad_dspy.runs.typical import SessionEstimate, typical_session
from toolgrad_dspy.runs.unstored import Preview, preview
from toolgrad_dspy.runs.verify import SampleFault, Verification, verify

__all__ = [  # noqa: RUF022 - grouped by topic
    # a run as data
    "RunSpec",
    "ModelsSpec",
    "REHEARSAL_NOTE",
    "ToolsSpec",
    "WorldTools",
    "McpTools",
    "PythonTools",
    "SourceTools",
    "JoinedTools",
    "tools_spec",
    "ToolsFiles",
    "tools_given",
    "ToolsGiven",
    "OpenSpec",
    # from a configuration file
    "ConfigFile",
    "load_config_file",
    "program_config",
    "gate_config",
    # running it
    "generate",
    "agenerate",
    "Settings",
    "run_spec",
    "Run",
    "generate_run",
    "new_folder",
    "preview",
    "Preview",
    "estimate",
    "estimate_from_run",
    "estimate_from",
    "Estimate",
    "typical_session",
    "SessionEstimate",
    "execute",
    # the engines that play it
    "RunEngine",
    "OpenRun",
    "LocalEngine",
    "Done",
    # what is stored of it
    "RunStore",
    "sessions_damaged",
    "StoredConfiguration",
    "canonical",
    "RunStatistics",
    "statistics",
    "Spending",
    "SpendingLog",
    "TOOLS",
    # checked again
    "verify",
    "Verification",
    "SampleFault",
    # its progress
    "RunProgress",
    "BarProgress",
    "LineProgress",
    "QuietProgress",
    "run_progress",
]
