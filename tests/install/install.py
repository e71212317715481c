#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""install.py SOURCE_ROOT WORK_DIR: "make install", then a program built against what was installed.

A release build of its own stays in WORK_DIR, so that a second run is quick. Prints TAP.
"""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE, WORK = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
EXPECTED = "Temporary Redirect | /a/~user | http://www.example.ai/breaking/b%C3%BCcher.html\n"

count = 0


def result(name, problem=None, skip=None):
    global count
    count += 1
    mark = "not ok" if problem else "ok"
    print(f"{mark} {count} - {name}" + (f" # SKIP {skip}" if skip else ""), flush=True)
    for line in (problem or "").splitlines():
        print(f"# {line}", flush=True)


def run(*command, env=None):
    """Its output; RuntimeError with what it said when it fails."""
    done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    output = done.stdout.decode(errors="replace")
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: status {done.returncode}\n{output[-3000:]}")
    return output


def step(name, function, *args):
    """Runs a step as one TAP result; returns what it returned, or None when it failed."""
    try:
        value = function(*args)
    except (RuntimeError, AssertionError, OSError) as error:
        result(name, problem=str(error) or repr(error))
        return None
    result(name)
    return value


def clean_env():
    """Without what an outer make and a sanitized build leave behind."""
    return {name: value for name, value in os.environ.items()
            if not name.startswith("MAKE") and name not in ("MFLAGS", "DESTDIR", "PREFIX", "LIBDIR", "CFLAGS", "LDFLAGS")}


def install(dest):
    run("make", "-C", SOURCE, "install", f"BUILD={WORK}", "PREFIX=/opt/detour", f"DESTDIR={dest}", env=clean_env())
    return dest + "/opt/detour"


def check_files(prefix):
    there = sorted(os.path.relpath(os.path.join(folder, name), prefix)
                   for folder, _, names in os.walk(prefix) for name in names)
    want = [r"include/detour/" + re.escape(os.path.basename(path))
            for path in glob.glob(SOURCE + "/include/detour/*.h")]
    want += [r"bin/detour", r"share/man/man1/detour\.1", r"lib/libdetour\.a", r"lib/libdetour\.so",
             r"lib/libdetour\.so\.\d+", r"lib/libdetour\.so\.[\d.]+\.\d+", r"lib/pkgconfig/detour\.pc",
             r"share/licenses/.*", r"share/doc/.*"]
    for path in there:
        assert any(re.fullmatch(one, path) for one in want), f"{path} is installed, and nobody asked for it"
    for one in want[:-2]:
        assert any(re.fullmatch(one, path) for path in there), f"{one} is not installed"


def pkg_config(dest, prefix, *args):
    env = {**clean_env(), "PKG_CONFIG_SYSROOT_DIR": dest, "PKG_CONFIG_PATH": prefix + "/lib/pkgconfig"}
    return run("pkg-config", *args, "detour", env=env).split()


def build(dest, prefix, compiler, static):
    """Builds and runs program.c; returns what ldd says about it."""
    flags = pkg_config(dest, prefix, "--cflags")
    libs = pkg_config(dest, prefix, "--libs")
    if static:
        # Ours alone: what it needs stays shared, for distributions have few static libraries.
        needs = pkg_config(dest, prefix, "--print-requires-private")
        libs = ["-l:libdetour.a" if lib == "-ldetour" else lib for lib in libs]
        libs += run("pkg-config", "--libs", *needs, env=clean_env()).split()
    program = f"{dest}/program"
    run(*compiler, "-Wall", "-Wextra", "-Werror", "-o", program, *flags, SOURCE + "/tests/install/program.c", *libs)
    env = {**clean_env(), "LD_LIBRARY_PATH": prefix + "/lib"}
    output = run(program, env=env)
    assert output == EXPECTED, f"it printed {output!r}"
    linked = run("ldd", program, env=env)
    assert ("libdetour" in linked) == (not static), linked


def check_program(prefix):
    said = run(prefix + "/bin/detour", "--version")
    assert re.match(r"detour \d+\.\d+\.\d+\b", said), said


def main():
    for tool in ("make", "meson", "ninja", "pkg-config", "cc"):
        if not shutil.which(tool):
            print(f"1..0 # SKIP no {tool} here")
            return 0
    with tempfile.TemporaryDirectory(prefix="detour-install-") as dest:
        prefix = step("make install DESTDIR= PREFIX=", install, dest)
        if prefix:
            step("what is installed, and nothing else", check_files, prefix)
            step("the installed program runs", check_program, prefix)
            step("a C program with the shared library", build, dest, prefix, ["cc", "-std=c17"], False)
            step("a C program with the static library", build, dest, prefix, ["cc", "-std=c17"], True)
            if shutil.which("c++"):
                step("a C++ program", build, dest, prefix, ["c++", "-std=c++17", "-x", "c++"], False)
            else:
                result("a C++ program", skip="no C++ compiler here")
    print(f"1..{count}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
