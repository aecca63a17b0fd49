"""What one run compiles, the next one finds; whatever is in the way costs one line and nothing else."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jax
import jaxlib.version
import numpy as np
import pytest
from jax.experimental.compilation_cache.compilation_cache import reset_cache

from digitnet.training import compilation_cache as module
from digitnet.training.compilation_cache import compilation_cache, fingerprint
from extras import skip_where_nothing_is_kept

PROGRAM = bytes(range(256)) * 3
NAME, OTHER = "jit_step-01-cache", "jit_other-23-cache"
FOLDER_SETTING = "jax_compilation_cache_dir"
DAY = 24 * 60 * 60

posix_only = pytest.mark.skipif(os.name == "nt", reason="owners, modes, pipes and signals of POSIX")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the cache of this test is; JAX as it comes."""
    skip_where_nothing_is_kept()
    before = {name: jax.config.values[name] for name in (FOLDER_SETTING, "jax_enable_compilation_cache")}
    set_jax({FOLDER_SETTING: None, "jax_enable_compilation_cache": True})
    monkeypatch.setenv("DIGITNET_CACHE_DIR", str(tmp_path / "cache"))
    yield tmp_path / "cache"
    set_jax(before)


def set_jax(settings: dict[str, Any]) -> None:
    for name, value in settings.items():
        jax.config.update(name, value)  # type: ignore[no-untyped-call]
    reset_cache()  # JAX holds on to the folder that it used first, which is that of all tests


@contextmanager
def a_run(said: list[str]) -> Iterator[Path]:
    """A run with a working cache: where JAX looks."""
    with compilation_cache(said.append):
        folder = jax.config.values[FOLDER_SETTING]
        assert folder is not None, said
        yield Path(folder)


def run_once(*new: str) -> tuple[set[str], list[str]]:
    """A run in which JAX adds programs of these names: what it found there, and the warnings."""
    said: list[str] = []
    with a_run(said) as folder:
        found = {path.name for path in folder.glob("*-cache")}
        for name in new:
            (folder / name).write_bytes(PROGRAM)
    return found, said


def folder_of(cache: Path) -> Path:
    return cache / "compiled" / fingerprint()


def kept(cache: Path) -> dict[str, bytes]:
    """What has a digest beside it."""
    folder = folder_of(cache)
    return {
        path.name: path.read_bytes()
        for path in folder.glob("*-cache")
        if folder.joinpath(f"{path.name}.sha256").exists()
    }


def raising(error: Exception) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_a_run_finds_what_an_earlier_one_compiled(cache: Path) -> None:
    assert run_once(NAME) == (set(), [])
    assert run_once() == ({NAME}, [])
    assert [path.name for path in (cache / "compiled").iterdir()] == [fingerprint()]


@pytest.mark.parametrize(
    ("environment", "place"),
    [
        ({"DIGITNET_CACHE_DIR": "{}/mine", "XDG_CACHE_HOME": "{}/xdg"}, "mine"),
        ({"XDG_CACHE_HOME": "{}/xdg"}, "xdg/digitnet"),
        ({"XDG_CACHE_HOME": "relative"}, "home/.cache/digitnet"),
        ({"XDG_CACHE_HOME": ""}, "home/.cache/digitnet"),
        ({}, "home/.cache/digitnet"),
        ({"DIGITNET_CACHE_DIR": ""}, None),
        ({"DIGITNET_CACHE_DIR": "off"}, None),
        ({"DIGITNET_CACHE_DIR": "OFF"}, None),
    ],
    ids=str,
)
def test_where_it_is(
    environment: dict[str, str], place: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("DIGITNET_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ({"HOME": "{}/home", "USERPROFILE": "{}/home"} | environment).items():
        monkeypatch.setenv(name, value.format(tmp_path))
    with compilation_cache(pytest.fail):
        assert (jax.config.values[FOLDER_SETTING] is None) == (place is None)
    found = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("compiled")]
    assert found == ([] if place is None else [f"{place}/compiled"])


def test_without_a_home_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIGITNET_CACHE_DIR")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "expanduser", raising(RuntimeError("no home")))
    with compilation_cache(pytest.fail):
        assert jax.config.values[FOLDER_SETTING] is None


@pytest.mark.parametrize(
    "settings", [{FOLDER_SETTING: "theirs"}, {FOLDER_SETTING: ""}, {"jax_enable_compilation_cache": False}], ids=str
)
def test_settings_of_the_user_are_left_alone(settings: dict[str, Any], cache: Path) -> None:
    set_jax(settings)
    before = jax.config.values
    with compilation_cache(pytest.fail):
        assert jax.config.values == before
    assert not cache.exists()


def fail_in_a_run() -> None:
    with a_run([]) as folder:
        (folder / NAME).write_bytes(PROGRAM)
        raise ZeroDivisionError


def test_a_run_that_fails_puts_jax_back_and_keeps_what_it_compiled() -> None:
    before, filters, show = jax.config.values, list(warnings.filters), warnings.showwarning
    with pytest.raises(ZeroDivisionError):
        fail_in_a_run()
    assert jax.config.values == before
    assert (warnings.filters, warnings.showwarning) == (filters, show)
    assert run_once() == ({NAME}, [])


def test_a_setting_that_jax_no_longer_knows_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SETTINGS", {"jax_setting_of_the_past": 1})
    run_once(NAME)
    assert run_once() == ({NAME}, [])


def test_versions_that_complain_of_their_own_code_are_left_alone(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jaxlib.version, "__version_info__", (0, 10, 1))
    with compilation_cache(pytest.fail):
        assert jax.config.values[FOLDER_SETTING] is None
    assert not cache.exists()


# What goes wrong is one line


def assert_ignored(cache: Path, reason: str) -> None:
    said: list[str] = []
    with compilation_cache(said.append):
        assert jax.config.values[FOLDER_SETTING] is None
    (line,) = said
    assert line.startswith(f"the compilation cache {cache} is ignored: ")
    assert reason in line


@posix_only
@pytest.mark.parametrize(
    ("place", "reason"),
    [("", os.strerror(errno.ENOTDIR)), ("compiled", "not a folder"), ("compiled/FINGERPRINT", "not a folder")],
)
def test_a_file_in_the_place_of_a_folder(place: str, reason: str, cache: Path) -> None:
    path = cache / place.replace("FINGERPRINT", fingerprint())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("a file")
    assert_ignored(cache, reason)


@posix_only
@pytest.mark.parametrize("place", ["compiled", "compiled/FINGERPRINT"])
def test_a_folder_that_others_may_write(place: str, cache: Path) -> None:
    run_once(NAME)
    (cache / place.replace("FINGERPRINT", fingerprint())).chmod(0o720)
    assert_ignored(cache, "other users may write to it")


@posix_only
def test_the_folder_of_another_user(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_once(NAME)
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    assert_ignored(cache, "belongs to another user")


@pytest.mark.parametrize(
    ("owner", "call", "number"),
    [
        (os, "utime", errno.EROFS),
        (Path, "read_bytes", errno.EIO),
        (Path, "iterdir", errno.EACCES),
    ],
)
def test_a_disk_that_is_full_or_closed(
    owner: object, call: str, number: int, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_once(NAME)
    with monkeypatch.context() as patch:
        patch.setattr(owner, call, raising(OSError(number, os.strerror(number))))
        assert_ignored(cache, os.strerror(number))
    assert run_once() == ({NAME}, [])
    assert len(list((cache / "compiled").iterdir())) == 1


def test_a_line_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "two\nlines").write_text("a file")
    monkeypatch.setenv("DIGITNET_CACHE_DIR", str(tmp_path / "two\nlines"))
    assert_ignored(tmp_path / "two lines", os.strerror(errno.ENOTDIR))


def flipped(cache: Path) -> None:
    path = folder_of(cache) / NAME
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut_off(cache: Path) -> None:
    os.truncate(folder_of(cache) / NAME, 5)


def swapped(cache: Path) -> None:
    one, other = (folder_of(cache) / name for name in (NAME, OTHER))
    other.write_bytes(bytes(reversed(PROGRAM)))
    one.write_bytes(other.read_bytes())


def moved_with_its_digest(cache: Path) -> None:
    """As a program of another name, it would be run in that one's place."""
    for suffix in ("", ".sha256"):
        (folder_of(cache) / f"{OTHER}{suffix}").replace(folder_of(cache) / f"{NAME}{suffix}")


def digest_cut_off(cache: Path) -> None:
    os.truncate(folder_of(cache) / f"{NAME}.sha256", 20)


@pytest.mark.parametrize("damage", [flipped, cut_off, swapped, moved_with_its_digest, digest_cut_off])
def test_a_damaged_program_is_never_seen_by_jax(damage: Callable[[Path], None], cache: Path) -> None:
    run_once("intact-cache", NAME, OTHER)
    damage(cache)
    found, said = run_once()
    assert NAME not in found
    assert "intact-cache" in found
    assert len(said) == 1
    assert said[0].startswith(
        f"damaged entries of the compilation cache {cache / 'compiled'} are ignored and removed: "
    )
    assert run_once()[1] == []


def test_a_program_without_a_digest_is_of_a_run_that_was_killed(cache: Path) -> None:
    run_once(NAME, OTHER)
    (folder_of(cache) / f"{NAME}.sha256").unlink()
    assert run_once() == ({OTHER}, [])


@posix_only
def test_what_is_no_file_is_removed_unread(cache: Path) -> None:
    run_once(NAME)
    (folder_of(cache) / NAME).unlink()
    os.mkfifo(folder_of(cache) / NAME)  # whoever reads from it waits for ever
    assert run_once()[0] == set()


def test_a_folder_that_has_grown_too_large_starts_afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    run_once(NAME, OTHER)
    monkeypatch.setattr(module, "_MAX_BYTES", 2 * len(PROGRAM))
    assert run_once() == ({NAME, OTHER}, [])
    monkeypatch.setattr(module, "_MAX_BYTES", 2 * len(PROGRAM) - 1)
    assert run_once() == (set(), [])


def test_a_disk_that_fills_up_costs_only_what_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    run_once(NAME)
    said: list[str] = []
    with monkeypatch.context() as patch, a_run(said) as folder:
        (folder / OTHER).write_bytes(PROGRAM)
        patch.setattr(Path, "write_text", raising(OSError(errno.ENOSPC, "full")))
    (line,) = said
    assert "keeps nothing more of this run" in line
    assert run_once() == ({NAME}, [])


def test_what_is_old_is_removed(cache: Path) -> None:
    run_once(NAME)
    for name, days in {"fresh": 89, "old": 91}.items():
        (cache / "compiled" / name).mkdir()
        (cache / "compiled" / name / NAME).touch()
        age(cache / "compiled" / name, days * DAY)
    age(cache / "compiled" / fingerprint(), 200 * DAY)
    assert run_once() == ({NAME}, [])
    assert {path.name for path in (cache / "compiled").iterdir()} == {"fresh", fingerprint()}
    assert (cache / "compiled" / fingerprint()).stat().st_mtime > time.time() - DAY


@posix_only
def test_a_killed_run_leaves_the_cache_as_it_was(cache: Path) -> None:
    run_once(NAME)
    before = kept(cache)
    code = (
        "import os, pathlib, sys, jax\nfrom digitnet.training.compilation_cache import compilation_cache\n"
        "with compilation_cache(sys.exit):\n"
        "    pathlib.Path(jax.config.values['jax_compilation_cache_dir'], 'jit_half-1-cache').write_bytes(b'half')\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL
    assert kept(cache) == before
    assert run_once() == ({NAME}, [])


# What the fingerprint is of

CPU = "processor\t: 0\nmodel name\t: A\ncpu MHz\t\t: 2000.1\nflags\t\t: fpu avx2\n"


@pytest.fixture
def cpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "cpuinfo"
    path.write_text(CPU)
    monkeypatch.setattr(module, "_CPU_DESCRIPTION", path)
    return path


@pytest.mark.parametrize(("old", "new", "same"), [("2000.1", "3000", True), ("avx2", "avx", False), ("A", "B", False)])
def test_the_fingerprint_is_of_the_processor(old: str, new: str, same: bool, cpu: Path) -> None:
    first = fingerprint()
    cpu.write_text(CPU.replace(old, new))
    assert (fingerprint() == first) == same


def test_without_a_description_of_the_processor_it_is_of_this_machine(
    cpu: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cpu.unlink()
    first = fingerprint()
    monkeypatch.setattr("platform.node", lambda: "another")
    assert fingerprint() != first


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("jax.__version__", "0"),
        ("jaxlib.version.__version__", "0"),
        ("sys.implementation.cache_tag", "cpython-399"),
        ("platform.machine", lambda: "riscv64"),
        ("platform.system", lambda: "Plan 9"),
        ("os.sched_getaffinity", lambda _: range(77)),
        ("digitnet.training.compilation_cache._FORMAT", 0),
    ],
)
def test_the_fingerprint_is_of_versions_and_machine(what: str, value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    first = fingerprint()
    monkeypatch.setattr(what, value, raising=False)
    assert fingerprint() != first


@pytest.mark.parametrize(("name", "value"), [("XLA_FLAGS", "--xla_cpu_max_isa=AVX2"), ("NPROC", "1")])
def test_the_fingerprint_is_of_what_the_user_tells_xla(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = fingerprint()
    monkeypatch.setenv(name, value)
    assert fingerprint() != first


# With JAX itself


@pytest.fixture
def events() -> Iterator[list[str]]:
    """What JAX says of its cache, "hits" or "misses" for each program."""
    seen: list[str] = []

    def note(event: str, **_: object) -> None:
        if "/compilation_cache/cache_" in event:
            seen.append(event.rpartition("_")[2])

    jax.monitoring.register_event_listener(note)
    yield seen
    clear: Callable[[], None] = jax.monitoring.clear_event_listeners  # JAX 0.5 cannot take away one alone
    clear()


def compile_afresh() -> float:
    """Compile what may lie on the disk, but not in JAX's memory, which knows functions by their identity."""
    return float(jax.jit(lambda x: x * 3 + 1)(np.float32(2)))


def test_jax_takes_what_it_compiled_before(cache: Path, events: list[str]) -> None:
    with a_run([]):
        assert compile_afresh() == 7
    assert set(events) == {"misses"}
    first = kept(cache)
    events.clear()
    with a_run([]):
        assert compile_afresh() == 7
    assert set(events) == {"hits"}
    assert kept(cache) == first
    events.clear()
    assert compile_afresh() == 7
    assert events == []  # JAX is as it was


def double(x: Any) -> Any:
    return x * 2


def treble(x: Any) -> Any:
    return x * 3


def test_a_program_in_the_place_of_another_gives_no_wrong_answer(cache: Path) -> None:
    """JAX alone runs it: the answers below would be 9 and 6."""

    def answers() -> tuple[float, float]:
        jax.clear_caches()  # type: ignore[no-untyped-call] # JAX has not typed it
        return float(jax.jit(double)(np.float32(3))), float(jax.jit(treble)(np.float32(3)))

    with a_run([]):
        assert answers() == (6, 9)
    one, other = (next(folder_of(cache).glob(f"jit_{name}-*-cache")) for name in ("double", "treble"))
    contents = one.read_bytes(), other.read_bytes()
    other.write_bytes(contents[0])
    one.write_bytes(contents[1])
    said: list[str] = []
    with a_run(said):
        assert answers() == (6, 9)
    assert said == [f"damaged entries of the compilation cache {cache / 'compiled'} are ignored and removed: 2"]


def test_what_jax_cannot_read_is_forgotten(cache: Path, recwarn: pytest.WarningsRecorder) -> None:
    with a_run([]):
        compile_afresh()
    names = list(kept(cache))
    shutil.rmtree(folder_of(cache))
    run_once(*names)  # with digests that are right, but no programs: as if packed in another way
    warnings.simplefilter("error")
    said: list[str] = []
    with a_run(said):
        assert compile_afresh() == 7
    assert said == [f"the compilation cache {cache / 'compiled'} is emptied: reading an entry failed"]
    assert list(recwarn) == []
    assert run_once() == (set(), [])


def test_when_jax_cannot_write_nothing_is_kept(recwarn: pytest.WarningsRecorder) -> None:
    warnings.simplefilter("error")
    said: list[str] = []
    with a_run(said) as folder:
        compile_afresh()
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
        assert compile_afresh() == 7
    (line,) = said
    assert "is emptied: writing an entry failed" in line
    assert list(recwarn) == []
    assert run_once() == (set(), [])


def test_warnings_of_others_pass() -> None:
    with pytest.warns(UserWarning, match="mine"), a_run([]):
        warnings.warn("mine", stacklevel=1)
