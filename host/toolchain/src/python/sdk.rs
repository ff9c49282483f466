//! The SDK for Python, which the program carries: it is laid into `gen` beside the bindings.

/// Its files, from the folder of the package `lockstep`.
pub(super) const FILES: [(&str, &str); 21] = [
    ("__init__.py", include_str!("../../../../guest-sdk/python/lockstep/__init__.py")),
    ("_case.py", include_str!("../../../../guest-sdk/python/lockstep/_case.py")),
    ("_check.py", include_str!("../../../../guest-sdk/python/lockstep/_check.py")),
    ("_component.py", include_str!("../../../../guest-sdk/python/lockstep/_component.py")),
    ("_handler.py", include_str!("../../../../guest-sdk/python/lockstep/_handler.py")),
    ("_host.py", include_str!("../../../../guest-sdk/python/lockstep/_host.py")),
    ("_json.py", include_str!("../../../../guest-sdk/python/lockstep/_json.py")),
    ("_shape.py", include_str!("../../../../guest-sdk/python/lockstep/_shape.py")),
    ("_stand_in.py", include_str!("../../../../guest-sdk/python/lockstep/_stand_in.py")),
    ("blob.py", include_str!("../../../../guest-sdk/python/lockstep/blob.py")),
    ("failure.py", include_str!("../../../../guest-sdk/python/lockstep/failure.py")),
    ("http.py", include_str!("../../../../guest-sdk/python/lockstep/http.py")),
    ("log.py", include_str!("../../../../guest-sdk/python/lockstep/log.py")),
    ("py.typed", include_str!("../../../../guest-sdk/python/lockstep/py.typed")),
    ("run.py", include_str!("../../../../guest-sdk/python/lockstep/run.py")),
    ("state.py", include_str!("../../../../guest-sdk/python/lockstep/state.py")),
    ("testing.py", include_str!("../../../../guest-sdk/python/lockstep/testing.py")),
    ("timer.py", include_str!("../../../../guest-sdk/python/lockstep/timer.py")),
    ("tools.py", include_str!("../../../../guest-sdk/python/lockstep/tools.py")),
    ("updates.py", include_str!("../../../../guest-sdk/python/lockstep/updates.py")),
    ("wit.py", include_str!("../../../../guest-sdk/python/lockstep/wit.py")),
];
