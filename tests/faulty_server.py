"""`streamlit run`, with a wall clock that is two days behind while the file named first exists."""

import datetime
import sys
import threading
import time
from pathlib import Path

import time_machine
from streamlit.web import cli

if __name__ == "__main__":
    switch, really = Path(sys.argv[1]), time.time

    def turn_back() -> None:
        while not switch.exists():
            time.sleep(0.05)
        before = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=2)
        time_machine.travel(before, tick=True).start()
        switch.unlink()

    threading.Thread(target=turn_back, daemon=True).start()
    sys.argv = ["streamlit", "run", *sys.argv[2:]]
    sys.exit(cli.main())
