"""Files of a document as a person gives them: dropped, chosen or pasted, put in order, and how pictures are read."""

from collections.abc import Sequence

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from app.components.labels import engine_label
from app.components.page import Page
from app.components.paste import paste_target
from core import render, routing
from core.documents import Document, Files, read_document
from core.errors import WorkbenchError
from core.runs import Ocr
from core.settings import settings

THUMBNAIL = 160  # pixels


def choose_files(page: Page, slot: str, key: str, label: str, help_text: str, limit: int) -> Files | None:
    """The documents a person has given, in the order they want them read; None when one cannot be, and says why.

    `slot` names the place in the app, which holds one choice of files at a time; `key` is the uploader's own.
    """
    # Any type, because the uploader would turn a wrong one away without a word on what to do about it.
    given = st.file_uploader(label, accept_multiple_files=True, key=key, help=help_text)
    paste_target(page, key)
    order: list[str] = st.session_state.setdefault(f"{slot}-order", [])
    order[:] = [i for i in order if i in {file.file_id for file in given}]
    order += [file.file_id for file in given if file.file_id not in order]
    files = sorted(given, key=lambda file: order.index(file.file_id))
    read = _read(page, slot, files, limit)
    failures = [(file, one) for file, one in zip(files, read, strict=True) if isinstance(one, WorkbenchError)]
    for file, failure in failures:
        st.error(f"**{render.escape(file.name)}**: {failure.message(page.locale)}", icon=":material/error:")
    documents = [(file.name, one) for file, one in zip(files, read, strict=True) if isinstance(one, Document)]
    if len(files) > 1 and not failures:
        st.caption(page.t("workbench.order"))
        for place, (file, (name, document)) in enumerate(zip(files, documents, strict=True)):
            _row(page, place, name, document, file.file_id, order)
    return None if failures else documents


def _read(page: Page, slot: str, files: Sequence[UploadedFile], limit: int) -> list[Document | WorkbenchError]:
    """Each file read once, as long as it is chosen."""
    read: dict[str, Document | WorkbenchError] = st.session_state.get(f"{slot}-read", {})
    for file in files:
        if file.file_id not in read:
            with st.spinner(page.t("profile.reading")):
                try:
                    read[file.file_id] = read_document(file.getvalue(), file.name, limit)
                except WorkbenchError as error:
                    read[file.file_id] = error
    st.session_state[f"{slot}-read"] = {file.file_id: read[file.file_id] for file in files}
    return [read[file.file_id] for file in files]


def _row(page: Page, place: int, name: str, document: Document, file_id: str, order: list[str]) -> None:
    def move_up() -> None:
        order[place - 1 : place + 1] = reversed(order[place - 1 : place + 1])

    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "",
            icon=":material/arrow_upward:",
            key=f"up-{file_id}",
            help=page.t("workbench.move_up", name=render.escape(name)),
            on_click=move_up,
            disabled=place == 0,
        )
        if document.pages and document.pages[0].picture is not None:
            st.image(_thumbnail(file_id, document.pages[0].picture), width=48)
        st.text(f"{place + 1}. {name}")


@st.cache_data(max_entries=64, show_spinner=False)
def _thumbnail(file_id: str, _picture: bytes) -> bytes:
    from core.ocr import images  # noqa: PLC0415 - most pages show no picture

    return images.preview(images.decode(_picture), longest=THUMBNAIL)


def ocr_options(page: Page, key: str, files: Files | None) -> Ocr | None:
    """How pictures are to be read: whether a person checks the text, and by which engine; None without pictures."""
    if not any(document.scanned for _, document in files or ()):
        return None
    from core.ocr import engines  # noqa: PLC0415 - most pages show no picture

    review = st.checkbox(
        page.t("workbench.check_text"), value=True, key=f"review-{key}", help=page.t("workbench.check_text_help")
    )
    reasons = {name: engines.unavailable(name) for name in engines.NAMES}
    usable = [name for name, reason in reasons.items() if reason is None] or [engines.DEFAULT]
    preferred = settings().ocr_engine
    missing = "\n\n".join(
        page.t("workbench.engine_missing", engine=engine_label(page, name), reason=page.failure(reason))
        for name, reason in reasons.items()
        if reason is not None
    )
    engine = usable[0]
    if len(usable) > 1:
        engine = st.selectbox(
            page.t("workbench.ocr_engine"),
            usable,
            index=usable.index(preferred) if preferred in usable else 0,
            format_func=lambda name: engine_label(page, name),
            key=f"engine-{key}",
            help=missing or None,
        )
    else:
        st.caption(page.t("read_by", engine=engine_label(page, engine)), help=missing or None)
    if preferred not in usable:  # what was set up for this install, and so is expected
        st.warning(missing, icon=":material/info:")
    if engine == "vision":
        st.caption(
            page.t("workbench.vision_sends", model=render.escape(routing.candidates("job_vision", "paid")[0].model))
        )
    return Ocr(engine, review)
