"""What happens to pictures, reports and speech, as it really is."""

import streamlit as st

from formcheck.history import History, HistoryError
from formcheck.history.forget import forget_everything
from formcheck.history.settings import settings_file
from formcheck.history.unsaved import unsaved_folder
from formcheck.language import _, ngettext
from formcheck.web.profile_picker import history, tell_problem

st.title(_("Privacy, as it really is"))
st.markdown(
    _(
        "formcheck runs on **the computer that serves this page**: your own one when the address "
        "above begins with `localhost`, otherwise someone else's: know whose. It sends nothing "
        "from there to anyone. Here is what that means in detail, and the few things around it "
        "that do use the network."
    )
)

st.header(_("Your camera"))
st.markdown(
    _(
        "While you are on the Coach page with the camera on, the browser finds your pose itself or "
        "sends small pictures to that computer, and to no other. Below the picture it says which; "
        "“Find the pose” under “Voice and camera” chooses.\n\n"
        "Found on this device, 33 points of each picture are sent; the pictures stay in the "
        "browser. Found on the computer, each picture is looked at and forgotten. The camera is "
        "off when you leave the page or close the tab.\n\n"
        "While a set runs, a few pictures are held in memory: those near your faults and turning "
        "points. At its end, those shown in the report are kept with it; the others are dropped. "
        "There is no video of a live set, and sound is never recorded."
    )
)

st.header(_("What is kept"))
st.markdown(
    _(
        "Each rep of a live set is written to your history when you have done it: its times, "
        "angles and faults. At the end of the set its report, the counted signal, the skeleton of "
        "the best rep and the pictures of the report (JPEG) join it, and what you answer or note: "
        "pain, effort, words. Besides, there are the names of those who train here, their rounds, "
        "and the programmes they follow."
    )
)
past: History | None = None
try:
    past = history()
    number = past.count_sets()
    there = ngettext("There is 1 set now, in", "There are {n} sets now, in", number)
    st.markdown(there.format(n=number) if number else _("There are no sets now, in"))
    st.code(past.place, language=None, wrap_lines=True)
except HistoryError as error:
    past = None
    tell_problem(error)
st.markdown(
    _(
        "What could not be written there, because the disk was full or the history in use, waits "
        "in the folder below and is imported at the next start."
    )
)
st.code(str(unsaved_folder()), language=None, wrap_lines=True)
st.markdown(
    _(
        "On the History page you take your sets along as a file (tables without pictures, or "
        "everything), and delete a set or a person for good. What is deleted is also overwritten "
        "in the file. It is still in backups that your computer makes and in files that you "
        "exported; a drive may hold on to what was overwritten."
    )
)
if past is not None:
    with st.popover(_("Delete everyone's data"), icon=":material/delete_forever:"):
        st.markdown(
            _(
                "All sets ({n}), pictures, notes and programmes of everybody who trains here are "
                "deleted. There is no way back."
            ).format(n=number)
        )
        sure = st.checkbox(_("Yes, delete all of it for good"))
        if st.button(_("Delete everything now"), type="primary", disabled=not sure):
            try:
                forget_everything(past)
                st.toast(_("Everything was deleted."), icon=":material/check:")
                st.rerun()
            except HistoryError as error:
                st.error(_(str(error)))
st.markdown(
    _(
        "Your choice of pose model and of units, how fast the models run here, and who trained "
        "last are in"
    )
)
st.code(str(settings_file()), language=None, wrap_lines=True)
st.markdown(
    _(
        "Camera, voice, mirror, where the pose is found and how fast that was are remembered by "
        "your browser, for this page only. It also keeps one cookie by which the server knows your "
        "tabs from those of other pages; it says nothing about you."
    )
)

st.header(_("A recorded video"))
st.markdown(
    _(
        "A video that you upload goes to that computer, into a temporary folder. It is deleted, "
        "with the annotated video and the tables made of it, when you choose another one or close "
        "the tab; if the computer goes off before that, they stay in the system's folder for "
        "temporary files. Nothing of a recorded video is saved unless you download it."
    )
)

st.header(_("What uses the network"))
counted = _("on") if st.get_option("browser.gatherUsageStats") else _("off")
uses = [
    _(
        "**MediaPipe**, the library that finds your joints. It works on the computer, and its "
        "maker, Google, states that pictures are not sent. The same notice says that it sends "
        "metrics about its performance and use to Google when it can. formcheck has found no "
        "switch for that; block it in your firewall if you mind. The notice is in the folder of "
        "the installed package, `mediapipe-….dist-info/licenses/NOTICE`."
    ),
    _(
        "**MediaPipe in the page**, when the pose is found there. It would send how it is used to "
        "Google every minute; the page's own rules (Content-Security-Policy) let it ask nobody but "
        "the computer that serves this page. Measured: nothing gets out."
    ),
    _(
        "**The pose model**, a file of 6 to 31 MB, is fetched once: from its maker's public "
        "storage, or else out of a published package. It is checked and kept. Nothing of yours "
        "goes along."
    ),
    _(
        "**Streamlit**, which makes this page: its usage statistics are {on_or_off}. The page "
        "loads no fonts, scripts or pictures from other sites."
    ).format(on_or_off=counted),
    _(
        "**The voice** is your browser's, and of its voices those that work on your device: "
        "nothing spoken leaves it. Some browsers also offer voices that send the words (such as "
        '"Three" or "Keep your heels touching") to their maker to be spoken there. The list says '
        "which. One of those is used only if you choose it; without a voice of your device you "
        "hear tones."
    ),
]
if st.user.get("is_logged_in"):
    uses.append(
        _(
            "**The login**: who runs this server chose the provider, {issuer}. It learns when you "
            "log in here, and this server your name there. Your history and settings are in a "
            "folder of their own; a cookie keeps you logged in until you log out."
        ).format(issuer=st.user["iss"])
    )
st.markdown("\n".join(f"- {one}" for one in uses))

st.header(_("When you pass something on"))
st.markdown(
    _(
        "A report as a page (HTML) shows pictures of you; as JSON or CSV it does not. A file of "
        "landmarks shows how you move but not who you are; yet people can be told by the way they "
        "move. Share any of them knowingly."
    )
)
