"""The cases of all languages, in plain Python: `pytest`. A breakpoint in `step.py` stops here too."""

from lockstep.testing import Case, cases


@cases("../../cases/*.toml")
def test_case(case: Case):
    case.check()
