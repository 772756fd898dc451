"""The pose found in the page: no picture goes over the socket, and nothing to anybody else."""

from __future__ import annotations

import pytest
from conftest import Camera, Visitor
from playwright.sync_api import Page, expect
from visits import keep, screenshots

from benchmarks.coach_page import CoachPage
from formcheck.capture.models.runtime import ensure_runtime
from formcheck.capture.models.store import ModelUnavailableError
from formcheck.history import History
from formcheck.web.messages import PICTURE, PICTURED, POSE

ON_THIS_DEVICE = """
if (!localStorage.getItem("formcheck.settings"))
  localStorage.setItem("formcheck.settings", JSON.stringify({pose: "page", pictures: false}));
"""


# What fetching the coach's script, from where it is kept, answers.
FETCHED_AWAY = """async () => {
    const caches_ = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
    const kept = (await Promise.all(caches_.map((one) => one.keys()))).flat();
    const scripts = kept.map(({ url }) => url).filter((url) => url.endsWith("/coach/coach.js"));
    return Promise.all(scripts.map(async (url) => (await fetch(url)).status));
}"""


@pytest.fixture(scope="module", autouse=True)
def runtime() -> None:
    """MediaPipe's runtime for browsers; skips where it cannot be had."""
    try:
        ensure_runtime(lambda *_: None)
    except ModelUnavailableError as error:
        pytest.skip(str(error).splitlines()[0])


def kinds_sent(page: Page) -> list[int]:
    """Of every binary message that the page sends from now on."""
    kinds: list[int] = []

    def sent(payload: str | bytes) -> None:
        if isinstance(payload, bytes):
            # A picture for the report comes with a pose.
            pictured = payload[0] == POSE and payload[23] & PICTURED
            kinds.append(PICTURE if pictured else payload[0])

    page.on("websocket", lambda s: "/coach/socket" in s.url and s.on("framesent", sent))
    return kinds


def test_a_set_is_counted_and_no_picture_leaves_the_page(visit: Visitor, camera: Camera) -> None:
    visited = visit(camera("squat_front_good", soon=True))
    visited.context.add_init_script(ON_THIS_DEVICE)
    page = visited.open()
    kinds = kinds_sent(page)
    coach = CoachPage(page)
    coach.wait_until_usable()
    coach.start_camera()
    expect(coach.part("model")).to_contain_text("Pose found on this device")
    coach.begin()
    coach.until_stage("set")
    coach.until("stats.state.reps >= 2", within_s=300)
    keep(page, "pose-in-page-set")
    done = coach.state["reps"]
    coach.button("End set").click()
    coach.until_stage("done")
    screenshots(page, "pose-in-page-report", whole=True)
    past = History(f"sqlite:///{visited.server.data / 'history.db'}")
    kept = past.sets(past.profiles()[0].id, exercise="squat")[0]
    assert len(kept.reps) >= done
    assert set(kinds) == {POSE}

    # The choice stays.
    kinds.clear()
    page.reload()
    coach.wait_until_usable()
    coach.start_camera()
    assert set(kinds) == {POSE}

    # What cannot be loaded is told, and on one's own computer pictures do.
    page.route("**/coach/runtime?*", lambda route: route.abort())
    page.reload()
    kinds.clear()
    coach.wait_until_usable()
    coach.part("go").click()
    expect(coach.part("notice")).to_contain_text("The pose can't be found on this device")
    keep(page, "pose-in-page-fallback")
    coach.until("stats.state != null", within_s=240)
    assert set(kinds) == {PICTURE}
    coach.button("Voice and camera").click()
    screenshots(page, "pose-in-page-settings")

    # Put on a home screen it starts without the server, too, and says what is wrong.
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    manifest = page.evaluate(
        "fetch(document.querySelector('link[rel=manifest]').href).then(r => r.json())"
    )
    for icon in manifest["icons"]:
        shown = page.request.get(f"{visited.server.url}{icon['src']}")
        assert shown.headers["content-type"] == "image/png"
    visited.context.set_offline(True)
    page.reload()
    expect(page.get_by_role("heading")).to_have_text("formcheck cannot be reached")
    page.set_viewport_size({"width": 390, "height": 844})
    keep(page, "away")
    # What does not change is on the device.
    kept = page.evaluate(FETCHED_AWAY)
    assert kept == [200]
    visited.context.set_offline(False)
    page.get_by_role("link", name="Try again").click()
    coach.wait_until_usable()
