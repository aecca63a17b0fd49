import json
import os
import sys
import warnings
from pathlib import Path

import pytest

from digitnet.network import keras_watch
from digitnet.network.keras_watch import watch_for_keras


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """As if neither Keras nor a choice of its backend were there yet."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("KERAS_BACKEND", "")
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    watch_for_keras()
    watch_for_keras()
    return tmp_path


def import_keras() -> None:
    """What Python asks of its finders; Keras itself is not imported."""
    for finder in list(sys.meta_path):
        if type(finder).__module__ == keras_watch.__name__:
            assert finder.find_spec("numpy", None) is None
            assert finder.find_spec("keras", None) is None


@pytest.mark.usefixtures("home")
def test_where_nobody_has_chosen_and_tensorflow_is_missing_jax_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "tensorflow" else name)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        import_keras()
    assert os.environ["KERAS_BACKEND"] == "jax"


@pytest.mark.parametrize("chosen_by", ["environment", "file"])
def test_another_backend_that_is_there_is_left_and_warned_of_once(
    home: Path, monkeypatch: pytest.MonkeyPatch, chosen_by: str
) -> None:
    if chosen_by == "environment":
        monkeypatch.setenv("KERAS_BACKEND", "numpy")
    else:
        (home / "keras.json").write_text(json.dumps({"backend": "numpy"}))
    before = os.environ["KERAS_BACKEND"]
    with pytest.warns(UserWarning, match="with the numpy backend, but .* set KERAS_BACKEND=jax before"):
        import_keras()
    import_keras()  # where warnings are errors, as here, a second one would be raised
    assert os.environ["KERAS_BACKEND"] == before


@pytest.mark.parametrize("content", ['{"backend": "jax"}', "[]", "{", '{"backend": 3}'])
def test_jax_and_a_file_that_says_nothing_are_no_reason_to_warn(
    home: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    (home / "keras.json").write_text(content)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "tensorflow" else name)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        import_keras()


@pytest.mark.usefixtures("home")
def test_without_jax_there_is_no_word_about_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "numpy")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "jax" else name)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        import_keras()


def test_nothing_is_watched_for_where_keras_is_there_already(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keras", sys)
    before = list(sys.meta_path)
    watch_for_keras()
    assert sys.meta_path == before
