"""Remembered settings: kept over a restart, harmless when broken, the model by speed."""

from __future__ import annotations

from pathlib import Path

import pytest

from formcheck.history.settings import (
    CONFIG_ENV,
    Settings,
    load_settings,
    pick_model,
    remember_speed,
    save_settings,
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(CONFIG_ENV, str(tmp_path / "config"))
    return tmp_path / "config"


def test_choices_are_there_the_next_time_and_keep_each_other() -> None:
    save_settings(units="imperial")
    save_settings(model="lite")
    remember_speed("lite", [18.04] * 60)
    remember_speed("lite", [5.0] * 59)  # too few to tell
    remember_speed("custom", [5.0] * 60)  # a file of one's own
    save_settings(profile="0123")
    assert load_settings() == Settings("lite", "imperial", "lite", 18.0, "0123")


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"model": "huge", "units": 3, "detection_ms": "fast", "profile": 1}', '"x"'],
)
def test_a_broken_file_means_the_defaults_and_is_replaced(folder: Path, text: str) -> None:
    folder.mkdir()
    (folder / "settings.json").write_text(text)
    assert load_settings() == Settings()
    save_settings(units="imperial")
    assert load_settings().units == "imperial"


def test_what_is_understood_of_a_file_is_kept(folder: Path) -> None:
    folder.mkdir()
    (folder / "settings.json").write_text('{"model": "huge", "units": "imperial", "new": 1}')
    assert load_settings() == Settings(units="imperial")


def test_a_folder_that_cannot_be_written_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(CONFIG_ENV, str(tmp_path / "file" / "below"))
    assert save_settings(model="heavy").model == "heavy"


@pytest.mark.parametrize(
    ("model", "detection_ms", "picked"),
    [
        ("full", 8.0, "heavy"),
        ("full", 30.0, "full"),
        ("full", 90.0, "lite"),
        # A computer that was busy once gets the better model back.
        ("lite", 20.0, "full"),
        ("lite", 70.0, "lite"),
        ("heavy", 70.0, "full"),
        ("heavy", 30.0, "heavy"),
    ],
)
def test_auto_takes_the_most_accurate_model_that_is_fast_enough(
    model: str, detection_ms: float, picked: str
) -> None:
    assert pick_model(Settings("auto", "metric", model, detection_ms)) == picked


def test_without_a_measurement_it_is_full_and_a_choice_is_a_choice() -> None:
    assert pick_model(Settings()) == "full"
    assert pick_model(Settings("heavy", "metric", "full", 500.0)) == "heavy"
