# Calls componentize-py as a library: its command would take in what is installed on this machine.
import sys

packages, wit, world, component, *folders = sys.argv[1:]
sys.path.insert(0, packages)

import componentize_py

no, names = False, []
try:
    componentize_py.componentize(
        [wit], [world], [], no, None, folders, [], "lockstep._component", component, no, names, names, True, None
    )
except AssertionError as error:
    sys.exit(str(error).partition("\n\nStack backtrace:")[0].strip())
