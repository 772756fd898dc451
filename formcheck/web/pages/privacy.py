"""What happens to pictures, reports and speech, as it really is."""

import streamlit as st

from formcheck.reporting.saved_sets import SavedSetError, SavedSets
from formcheck.settings import settings_file

st.title("Privacy, as it really is")
st.markdown(
    "formcheck runs on **the computer that serves this page**: your own one when the address "
    "above begins with `localhost`, else somebody's whom you should know. It sends nothing from "
    "there to anyone. Here is what that means in detail, and the few things around it that do "
    "use the network."
)

st.header("Your camera")
st.markdown(
    "While you are on the Coach page with the camera on, the browser sends small pictures to "
    "that computer, and to no other. Each is looked at and forgotten. The camera is off when "
    "you leave the page or close the tab.\n\n"
    "While a set runs, a few pictures are kept in memory: those near your faults and turning "
    "points. At its end, those shown in the report are saved with it; the others are dropped. "
    "There is no video of a live set, and sound is never recorded."
)

st.header("What is kept")
sets = SavedSets()
try:
    number = len(sets.list())
    there = f"There {'is' if number == 1 else 'are'} {number or 'none'} now."
except SavedSetError as error:
    there = str(error)
st.markdown(
    "A finished set with at least one attempt in it is saved as a folder of its own: the report "
    f"(JSON), the counted signal, and the pictures of its report (JPEG). {there} They are in"
)
st.code(str(sets.folder), language=None)
st.markdown(
    "To delete a set, delete its folder: the name tells the day, the time and the exercise. "
    "Delete all of it to delete everything. Nothing else points there.\n\n"
    "Your choice of pose model and of units, and how fast the models run here, are in"
)
st.code(str(settings_file()), language=None)
st.markdown(
    "Camera, voice and mirror are remembered by your browser, for this page only. It also keeps "
    "one cookie by which the server knows your tabs from those of other pages; it says nothing "
    "about you."
)

st.header("A recorded video")
st.markdown(
    "A video that you upload goes to that computer, into a temporary folder. It is deleted, "
    "with the annotated video and the tables made of it, when you choose another one or close "
    "the tab; if the computer goes off before that, they stay in the system's folder for "
    "temporary files. Nothing of a recorded video is saved unless you download it."
)

st.header("What uses the network")
counted = "on" if st.get_option("browser.gatherUsageStats") else "off"
st.markdown(
    "- **MediaPipe**, the library that finds your joints. It works on the computer, and its "
    "maker, Google, states that pictures are not sent. The same notice says that it sends "
    "metrics about its performance and use to Google when it can. formcheck has found no switch "
    "for that; block it in your firewall if you mind. The notice is in the folder of the "
    "installed package, `mediapipe-….dist-info/licenses/NOTICE`.\n"
    "- **The pose model**, a file of 6 to 31 MB, is fetched once: from its maker's public storage, "
    "or else out of a published package. It is checked and kept. Nothing of yours goes along.\n"
    f"- **Streamlit**, which makes this page: its usage statistics are {counted}. The page loads "
    "no fonts, scripts or pictures from other sites.\n"
    "- **The voice** is your browser's, and of its voices those that work on your device: nothing "
    'spoken leaves it. Some browsers also offer voices that send the words (such as "Three" or '
    '"Keep your heels touching") to their maker to be spoken there. The list says which. One of '
    "those is used only if you choose it; without a voice of your device you hear tones."
)

st.header("When you pass something on")
st.markdown(
    "A report as a page (HTML) shows pictures of you; as JSON or CSV it does not. A file of "
    "landmarks shows how you move but not who you are; yet people can be told by the way they "
    "move. Share any of them knowingly."
)
