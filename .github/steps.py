#!/usr/bin/env python3
"""Runs the `run` steps of the hosted workflows on this machine.

A workflow is first run as a whole by its host, when a mistake in it is already
on main. This finds most of them before: it reads .github/workflows/*.yml, and
does what the host would do with one job, in a clone of the commit that is
checked out, for each combination of the job's matrix that this machine is
right for. It is not a runner: steps that use an action are left out, as are the
secrets, and what an action or the host would have told a step is given by
--set.

    python3 .github/steps.py                     every job and step, and what runs here
    python3 .github/steps.py test/loom           one job
    python3 .github/steps.py test/miri --only borrows='Tree Borrows'
    python3 .github/steps.py pages/build --set steps.pages.outputs.base_path=/book

It needs PyYAML (Debian: python3-yaml) and bash. Steps run as the user who calls
it: some install packages, with sudo or, for root, without.
"""

import argparse
import itertools
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = ROOT / ".github" / "workflows"
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
# How the host calls bash: without and with `shell: bash`.
BASH = {
    None: ["bash", "-e"],
    "bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"],
}


class Unknown(Exception):
    """An expression that has no value here."""


class Words(dict):
    """What the expressions of a job may name, with `github.ref` as one name."""

    def value(self, expression):
        """The value of one expression: names, texts, ==, !=, && and ||."""

        def name(match):
            if match["text"]:
                return match["text"]
            if match["name"] not in self:
                raise Unknown(
                    f"{match['name']} has no value here: "
                    f"give it one with --set {match['name']}=VALUE"
                )
            return repr(self[match["name"]])

        python = re.sub(
            r"(?P<text>'[^']*')|(?P<name>[A-Za-z_][\w.-]*)", name, expression
        )
        python = python.replace("&&", " and ").replace("||", " or ")
        if not re.fullmatch(r"(?:'[^']*'|\s|==|!=|and|or|[()])*", python):
            raise Unknown(f"an expression of a kind that is not known: {expression}")
        return eval(python, {"__builtins__": {}})  # texts and operators only

    def fill(self, text):
        """The text, with the values of its expressions in it."""
        return EXPRESSION.sub(lambda m: str(self.value(m[1])), str(text))


def here():
    """The names of the host's machines that this one can stand in for."""
    arm = platform.machine() in ("aarch64", "arm64")
    return {
        "Linux": ["ubuntu-24.04-arm"] if arm else ["ubuntu-latest"],
        "Darwin": ["macos-latest"],
        "Windows": ["windows-latest"],
    }.get(platform.system(), [])


def combinations(job):
    """Each combination of a job's matrix, as a dict; one that is empty if it has none."""
    matrix = dict(job.get("strategy", {}).get("matrix", {}))
    include = matrix.pop("include", [])
    if not matrix:
        return include or [{}]
    lists = [[(key, value) for value in values] for key, values in matrix.items()]
    return [dict(pairs) for pairs in itertools.product(*lists)] + include


def jobs():
    """Every job: its name with that of its file, the workflow, and itself."""
    for file in sorted(WORKFLOWS.glob("*.yml")):
        workflow = yaml.safe_load(file.read_text())
        for name, job in workflow["jobs"].items():
            yield f"{file.stem}/{name}", workflow, job


def words(workflow, combination, given):
    """What is known of a run here: a push to main, at this commit."""
    known = {
        "github.event_name": "push",
        "github.ref": "refs/heads/main",
        "github.workflow": workflow["name"],
        "runner.os": {"Darwin": "macOS"}.get(platform.system(), platform.system()),
    }
    known |= {f"matrix.{key}": value for key, value in combination.items()}
    return Words(known | given)


def plan(job, about):
    """Each step: its title, and why it is not run here, or None."""
    for step in job["steps"]:
        title = step.get("name") or step.get("uses") or step["run"]
        why = None
        if "uses" in step:
            why = f"an action, {step['uses'].split('@')[0]}"
        elif "if" in step and not about.value(EXPRESSION.sub(r"\1", str(step["if"]))):
            why = f"not if {step['if']}"
        yield step, title, why


def elsewhere(job, about):
    """Why a job is not run here, or None."""
    condition = str(job.get("if", "true"))
    if "(" in condition:
        return f"it asks the host: if {condition}"
    machine = about.fill(job["runs-on"])
    return None if machine in here() else f"it wants {machine}"


def show(given):
    for name, workflow, job in jobs():
        for combination in combinations(job):
            about = words(workflow, combination, given)
            off = elsewhere(job, about)
            print(name, *combination.values(), f"(not here: {off})" if off else "")
            for _, title, why in plan(job, about):
                print("   ", "-" if why or off else "+", title, f"({why})" if why else "")


def environment(folder, about, *levels):
    """The variables of a step; `folder` has what earlier steps have left."""
    env = dict(os.environ)
    for level in levels:
        for key, value in (level.get("env") or {}).items():
            env[key] = about.fill(value)
    env |= {
        "CI": "true",
        "RUNNER_TEMP": str(folder),
        "GITHUB_ENV": str(folder / "env"),
        "GITHUB_PATH": str(folder / "path"),
    }
    for line in (folder / "env").read_text().splitlines():
        key, _, value = line.partition("=")
        env[key] = value
    added = (folder / "path").read_text().split()
    env["PATH"] = os.pathsep.join([*reversed(added), env["PATH"]])
    return env


def execute(command, folder, env, limit):
    """Runs a step for at most `limit` seconds; returns its exit code. No process
    of it is left, however this ends."""
    step = subprocess.Popen(
        command,
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return step.wait(limit)
    finally:
        if hasattr(os, "killpg"):
            try:
                os.killpg(step.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # the whole group has ended


def run(wanted, only, given):
    """Runs one job; says whether all of its steps passed."""
    found = [job for job in jobs() if job[0] == wanted]
    if not found:
        names = ", ".join(name for name, _, _ in jobs())
        sys.exit(f"no job {wanted!r}; there are {names}")
    _, workflow, job = found[0]
    known = {key for combination in combinations(job) for key in combination}
    for key in only.keys() - known:
        names = ", ".join(sorted(known)) or "nothing"
        sys.exit(f"the matrix of {wanted} has no {key!r}; it has {names}")
    ran = 0
    for combination in combinations(job):
        if any(str(combination.get(key)) != value for key, value in only.items()):
            continue
        about = words(workflow, combination, given)
        title = " ".join([wanted, *map(str, combination.values())])
        if off := elsewhere(job, about):
            print(f"{title}: not here, {off}")
            continue
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            for file in ("env", "path"):
                (folder / file).touch()
            root = getattr(os, "geteuid", lambda: 1)() == 0
            if root and shutil.which("sudo") is None:
                (folder / "sudo").write_text('#!/bin/sh\nexec "$@"\n')
                (folder / "sudo").chmod(0o755)
                (folder / "path").write_text(f"{folder}\n")
            clone = folder / "clone"
            subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
            for step, name, why in plan(job, about):
                if why:
                    print(f"{title}: {name}: left out, {why}", flush=True)
                    continue
                print(f"{title}: {name}", flush=True)
                script = folder / "step.sh"
                script.write_text(about.fill(step["run"]))
                code = execute(
                    [*BASH[step.get("shell")], script],
                    clone,
                    environment(folder, about, workflow, job, step),
                    60 * job["timeout-minutes"],
                )
                if code != 0:
                    print(f"{title}: {name}: exit code {code}")
                    return False
                ran += 1
    if ran == 0:
        print(f"{wanted}: no step was run")
    return ran > 0


def pairs(texts):
    parted = [text.partition("=") for text in texts]
    for key, equals, _ in parted:
        if not equals:
            sys.exit(f"{key!r} has no '=': write NAME=VALUE")
    return {key: value for key, _, value in parted}


def main():
    # Output into a closed pipe, as of `| head`, ends this quietly.
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    summary, _, details = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=summary,
        epilog=details,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("job", nargs="?", help="WORKFLOW/JOB; without one, all are listed")
    parser.add_argument("--only", action="append", default=[], metavar="NAME=VALUE",
                        help="only combinations of the matrix with this value")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE",
                        help="what an expression is worth that only the host knows")
    asked = parser.parse_args()
    given = pairs(asked.set)
    try:
        if asked.job is None:
            show(given)
        elif not run(asked.job, pairs(asked.only), given):
            sys.exit(1)
    except Unknown as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
    except subprocess.TimeoutExpired as error:
        sys.exit(f"a step took longer than the job's {error.timeout / 60:.0f} minutes")


main()
