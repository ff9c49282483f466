//! Written by `lockstep build` from world `assess`: whatever is changed here is written anew.

const core = @import("lockstep/core.zig");

pub const allocator = core.allocator;
pub const print = core.print;
pub const Json = core.Json;
pub const Failed = core.Failed;
pub const Failure = core.Failure;
pub const FailureKind = core.FailureKind;
pub const transient = core.transient;
pub const permanent = core.permanent;
pub const fail = core.fail;
pub const explain = core.explain;

pub const log = @import("lockstep/log.zig");
pub const state = @import("lockstep/state.zig");

/// For `root.zig`.
pub const glue = @import("lockstep/glue.zig");

pub const Size = enum {
    small,
    very_large,
};

pub const Item = struct {
    note: []const u8,
};

pub const Tuple2U8String = struct { u8, []const u8 };

pub const Done = struct {
    item: Item,
    pair: Tuple2U8String,
};

pub const EventsSize = enum {
    small,
    very_large,
};

pub const Marks = packed struct(u8) {
    paid: bool = false,
    sent_back: bool = false,
    _: u6 = 0,
};

/// How it is paid out.
pub const Way = union(enum) {
    card,
    account: []const u8,
    split: Tuple2U8String,
};

pub const EventsItem = struct {
    name: []const u8,
    cents: u64,
};

/// Somebody wants money back.
pub const Asked = struct {
    order: []const u8,
    cents: u64,
    note: ?Json = null,
    size: Size,
};

pub const ResultU32String = union(enum) {
    ok: u32,
    err: []const u8,
};

pub const MapStringU64 = []const struct { key: []const u8, value: u64 };

/// Here it is.
pub const Approved = struct {
    order: []const u8,
    cents: u64,
    size: EventsSize,
    marks: Marks,
    way: Way,
    items: []const EventsItem,
    bytes: []const u8,
    checked: ResultU32String,
    letter: u21,
    data: Json,
    note: ?Json = null,
    totals: MapStringU64,
};

pub const Denied = struct {
    why: []const u8,
};

/// A name that C has already.
pub const Text = struct {
    register: bool,
};

pub const Emits = union(enum) {
    approved: Approved,
    denied: Denied,
};

pub const Ends = union(enum) {
    done: Done,
    text: Text,
};
