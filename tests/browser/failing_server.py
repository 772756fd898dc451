"""`streamlit run`, but the pose model fails for as long as the file named first exists."""

import sys
from pathlib import Path
from typing import Any

from streamlit.web import cli

from formcheck.capture.estimator import PoseEstimator
from formcheck.capture.frames import Frame

if __name__ == "__main__":
    switch = Path(sys.argv[1])
    really = PoseEstimator.estimate

    def estimate(self: PoseEstimator, frame: Frame, posture: str = "") -> Any:
        if switch.exists():
            raise RuntimeError("planted by a test")
        return really(self, frame, posture)

    PoseEstimator.estimate = estimate  # type: ignore[method-assign]
    sys.argv = ["streamlit", "run", *sys.argv[2:]]
    sys.exit(cli.main())
