# Runs pip as the Python in components would: a package says by markers what it needs on which Python.
import runpy

from pip._vendor.packaging import markers

COMPONENT = {
    "implementation_name": "cpython",
    "implementation_version": "3.14.0",
    "os_name": "posix",
    "platform_machine": "wasm32",
    "platform_python_implementation": "CPython",
    "platform_release": "",
    "platform_system": "WASI",
    "platform_version": "",
    "python_full_version": "3.14.0",
    "python_version": "3.14",
    "sys_platform": "wasi",
}

markers.default_environment = COMPONENT.copy
runpy.run_module("pip", run_name="__main__", alter_sys=True)
