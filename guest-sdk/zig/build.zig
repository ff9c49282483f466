//! For editors, which learn from it what `step` is, and for the tests in step.zig that need no host: `zig build test`.
//! The step itself is built by `lockstep build`, which writes `gen` too.

const std = @import("std");

pub fn build(b: *std.Build) void {
    const target = b.standardTargetOptions(.{});
    const c = b.createModule(.{ .root_source_file = b.path("gen/c.zig"), .target = target });
    const step = b.createModule(.{
        .root_source_file = b.path("gen/step.zig"),
        .target = target,
        .imports = &.{.{ .name = "c", .module = c }},
    });
    const handlers = b.createModule(.{
        .root_source_file = b.path("step.zig"),
        .target = target,
        .link_libc = true,
        .imports = &.{.{ .name = "step", .module = step }},
    });
    const tests = b.addRunArtifact(b.addTest(.{ .root_module = handlers }));
    b.step("test", "Run the tests in step.zig").dependOn(&tests.step);
}
