"""The coach's page as a person uses it: found by what it says."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from playwright.sync_api import Locator, Page, TimeoutError, expect


class CoachPage:
    """One tab with the coach. Waiting fails after so many seconds."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.video = page.locator(".coach video")
        self._coach = page.locator(".coach")

    def wait_until_usable(self) -> None:
        """Until the camera can be started."""
        expect(self.part("go")).to_be_enabled(timeout=180_000)

    def choose(self, exercise: str) -> None:
        """Pick an exercise by its name."""
        pick(self.page, "Exercise", exercise)
        expect(self.part("welcome h2")).to_have_text(exercise)

    def ask(self, label: str, number: int) -> None:
        """Fill in a number: reps, seconds."""
        # What is asked for unfolds from a button.
        unfold = self.page.get_by_role("button", name="Reps and tempo")
        unfold.click()
        field = self.page.get_by_label(label, exact=True)
        field.fill(str(number))
        field.press("Enter")
        unfold.click()

    def start_camera(self) -> None:
        """Start the camera; back when the coach has seen the first picture."""
        self.part("go").click()
        self.until("stats.state != null", within_s=240)

    def begin(self) -> None:
        """Start the set by the button, unless the person in the picture has begun before it."""
        with suppress(TimeoutError):
            self.button("Start now").click(timeout=3000)

    def until(self, condition: str, *, within_s: float = 120) -> None:
        """Wait for a condition on `stats`, in JavaScript; its `state` is the newest answer."""
        self.page.wait_for_function(
            f"() => {{ const stats = window.formcheckStats; return stats && ({condition}); }}",
            timeout=1000 * within_s,
        )

    def until_stage(self, stage: str, *, within_s: float = 120) -> None:
        """Wait for a stage: setup, countdown, set, done; of a circuit rest, paused, pain, over."""
        self.until(f"stats.state?.stage === '{stage}'", within_s=within_s)

    def button(self, name: str) -> Locator:
        """A button of the coach."""
        return self._coach.get_by_role("button", name=name, exact=True)

    def part(self, name: str) -> Locator:
        """A part of the picture by its class."""
        return self._coach.locator(f".{name}")

    @property
    def state(self) -> dict[str, Any]:
        """The newest answer that the page has drawn."""
        found: dict[str, Any] = self.page.evaluate("window.formcheckStats.state")
        return found

    @property
    def items(self) -> list[tuple[str, str]]:
        """The sets of a circuit as the strip below the picture has them: exercise and state."""
        found: list[list[str]] = self._coach.locator(".strip").evaluate(
            "(list) => [...list.children].map("
            "(one) => [one.querySelector('span').textContent, one.dataset.state])"
        )
        return [(name, state) for name, state in found]

    @property
    def answers(self) -> int:
        """How many pictures were answered until now."""
        return int(self.page.evaluate("window.formcheckStats.answered ?? 0"))

    @property
    def heard(self) -> list[dict[str, Any]]:
        """All that the coach had to say; `dropped` says why something was not spoken.

        On a slow computer a number may come too late to be of use.
        """
        found: list[dict[str, Any]] = self.page.evaluate("window.formcheckStats.utterances")
        return found

    @property
    def spoken(self) -> list[dict[str, Any]]:
        """What was said until now, see SPEECH_STUB; and its `kind`, as the coach decided."""
        found: list[dict[str, Any]] = self.page.evaluate(
            """() => window.spoken.map(({utterance, ...said}) => ({...said, kind:
              window.formcheckStats.utterances.find((u) => u.text === said.text)?.kind}))"""
        )
        return found


def pick(page: Page, label: str, option: str) -> None:
    """Pick from one of Streamlit's select boxes by what they say."""
    box = page.get_by_role("combobox", name=label).first
    # Its list closes when the page scrolls, as it would for a click further up.
    box.scroll_into_view_if_needed()
    page.wait_for_timeout(200)
    box.click()
    page.get_by_role("option", name=option, exact=True).click()
