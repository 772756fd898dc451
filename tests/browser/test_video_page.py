"""The page for recorded videos as a person uses it: upload, wait, click a fault, keep files."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import av
import pytest
from conftest import Visitor
from playwright.sync_api import Download, Page, expect
from visits import Visit, appears, screenshots, usable

from benchmarks.browser import ROOT
from formcheck.engine.exercises import EXERCISES

SAMPLES = ROOT / "sample_videos"
CLIP = "bridge_range_faults"
TRUTH = json.loads((SAMPLES / f"{CLIP}.json").read_text(encoding="utf-8"))


def saved(visit: Visit, page: Page, button: str, folder: Path) -> Path:
    """What clicking a download gives."""
    with page.expect_download() as waiting:
        page.get_by_text(button, exact=True).click()
    download: Download = waiting.value
    path = folder / download.suggested_filename
    download.save_as(path)
    return path


def time_of(page: Page) -> float:
    return float(page.locator("video").evaluate("(video) => video.currentTime"))


def test_cancel_a_sample_then_upload_click_a_fault_and_keep(visit: Visitor, tmp_path: Path) -> None:
    visited = visit(dark=True)
    page = visited.open("/video")
    expect(page.get_by_text("Your video")).to_be_visible()
    screenshots(page, "video-pick", whole=True)
    page.get_by_role("button", name="Analyse the sample").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    screenshots(page, "video-cancelled")
    page.get_by_role("button", name="Choose another video").click()
    expect(page.get_by_text("Your video")).to_be_visible()

    page.locator("input[type=file]").set_input_files(SAMPLES / f"{CLIP}.mp4")
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    screenshots(page, "video-progress")

    # The exercise was recognised, and the reps are those that were done.
    appears(page, page.locator("ol.reps > li"))
    expect(page.locator("ol.reps > li")).to_have_count(len(TRUTH["reps"]))
    expect(page.get_by_text("Glute bridge, ", exact=False).first).to_be_visible()
    screenshots(page, "video-result", whole=True)

    # Each fault that was truly there has its mark, and a click on it goes to its moment.
    marks = page.locator(".mark[data-fault]")
    for rep in TRUTH["reps"]:
        for fault in rep["faults"]:
            mark = page.locator(f".mark[data-fault={fault['id']}]").first
            mark.click()
            at = float(mark.get_attribute("data-at") or "nan")
            assert rep["start_s"] < at < rep["end_s"]
            page.wait_for_function(
                "([video, at]) => !video.seeking && Math.abs(video.currentTime - at) < 0.1",
                arg=[page.locator("video").element_handle(), at],
            )
    assert marks.count() >= 2
    screenshots(page, "video-fault")

    # A rep in the list does the same.
    page.locator("ol.reps").get_by_role("button", name="Rep 1").click()
    assert time_of(page) == pytest.approx(TRUTH["reps"][0]["start_s"], abs=0.5)

    # What can be kept is what was seen.
    report = json.loads(saved(visited, page, "Report (JSON)", tmp_path).read_text("utf-8"))
    found = [[fault["id"] for fault in rep["faults"]] for rep in report["reps"]]
    assert found == [[fault["id"] for fault in rep["faults"]] for rep in TRUTH["reps"]]
    page_file = saved(visited, page, "Report (HTML)", tmp_path).read_text("utf-8")
    rule = next(f for f in EXERCISES["glute_bridge"].faults if f.id == "incomplete_extension")
    assert rule.cue in page_file and "http://" not in page_file.replace("http://www.w3.org", "")
    with saved(visited, page, "Every frame (CSV)", tmp_path).open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == TRUTH["frame_count"]
    with av.open(str(saved(visited, page, "Annotated video (mp4)", tmp_path))) as video:
        assert sum(1 for _ in video.decode(video=0)) == TRUTH["frame_count"]

    # The report as a page of its own can be used by everybody, too.
    own = visited.context.new_page()
    own.set_content(page_file)
    usable(own)
    own.close()

    # Two reps side by side, in step, to look at and to share.
    page.get_by_text("Two reps side by side").click()
    page.get_by_role("button", name="Show them").click()
    expect(page.get_by_label("on the left, rep")).to_be_visible()
    screenshots(page, "video-two-reps", whole=True)
    with av.open(str(saved(visited, page, "Clip to share (mp4)", tmp_path))) as video:
        assert sum(1 for _ in video.decode(video=0)) > 60
