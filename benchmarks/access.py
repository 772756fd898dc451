"""What axe-core finds on a page that somebody could not use: contrast, names, order.

axe-core is one of the tools of package.json; where `npm ci` has not fetched it, nothing
can be said.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["AXE", "violations"]

#: The script, which looks into open shadow roots, too.
AXE: Final = Path(__file__).resolve().parents[1] / "node_modules" / "axe-core" / "axe.min.js"

_RUN: Final = """async () => {
  const found = await axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    resultTypes: ["violations"],
    // Streamlit's own place to drop files at has both a role that says nothing and a name.
    rules: {"presentation-role-conflict": {enabled: false}},
  });
  return found.violations.map(({id, help, nodes}) => ({
    id, help, nodes: nodes.map((one) => [one.target.flat().join(" "), one.failureSummary]),
  }));
}"""


def violations(page: Page) -> tuple[str, ...]:
    """Each rule that is broken and where, as lines; none when there is nothing to mend.

    Raises FileNotFoundError where there is no axe-core.
    """
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate(_RUN)
    return tuple(
        f"{one['id']} ({one['help']}): {place}: {' '.join(why.split())}"
        for one in found
        for place, why in one["nodes"]
    )
