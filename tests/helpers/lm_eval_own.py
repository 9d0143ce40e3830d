"""lm-evaluation-harness's command line with the tasks of --include_path alone: to read its own takes 10 s."""
from functools import partialmethod

from lm_eval.__main__ import cli_evaluate
from lm_eval.tasks import TaskManager

TaskManager.__init__ = partialmethod(TaskManager.__init__, include_defaults=False)
cli_evaluate()
