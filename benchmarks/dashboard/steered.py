"""Pages that a notebook drives: they look into their mailbox, follow, and say what they show."""

from __future__ import annotations

import atexit
import sys
import threading
from collections import OrderedDict

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from benchmarks.candidates import candidate
from benchmarks.collection import Collection
from benchmarks.dashboard import network, session, shown
from benchmarks.dashboard.controls import Choice
from benchmarks.dashboard.fragments import is_page_due, shown_page
from benchmarks.dashboard.settings import is_read_only
from benchmarks.dashboard.text import note
from benchmarks.jobs.machine_queue import FOLDER_VARIABLE, is_anybody_measuring, lock_folder
from benchmarks.machine import read_machine
from benchmarks.setups import machine_key
from benchmarks.snapshot import Snapshot, digest
from benchmarks.steering.announcement import announce
from benchmarks.steering.endpoint import Endpoint
from benchmarks.steering.messages import Select, Show, Shown
from benchmarks.steering.switchboard import Switchboard
from benchmarks.store import StoreError

POLL_S, CALM_POLL_S = 0.5, 1.0  # the page would be what disturbs a measurement
MAX_RUNS = 20  # that notebooks have shown and nobody has kept
LINK_NAME = "steered"  # parameter of the address under which a notebook opens its page


class _Server:
    """What all pages of this server share. board: their mailboxes. handed_over: runs that notebooks
    have shown, by their ids, to be looked at without being kept."""

    def __init__(self) -> None:
        self.board = Switchboard()
        self.handed_over: OrderedDict[str, Snapshot] = OrderedDict()
        self.opening = threading.Lock()
        self.endpoint: Endpoint | None = None
        self.has_tried = False


_server = _Server()  # not in a cache of Streamlit's: it is there before the first visitor


def handed_over(snapshot_id: str) -> Snapshot | None:
    """A run that a notebook has shown."""
    return _server.handed_over.get(snapshot_id)


def receive(found: Snapshot) -> None:
    """From a notebook: a run to look at. Times of this machine join the others of the page."""
    runs = _server.handed_over
    runs[found.id] = found
    while len(runs) > MAX_RUNS:
        runs.popitem(last=False)
    if is_of_here(found):
        session.manager().add(found.run)


def is_of_here(found: Snapshot) -> bool:
    """Whether it was measured on this machine with what is installed here now."""
    own, other = read_machine(), found.run.machine
    return machine_key(own) == machine_key(other) and own.packages == other.packages


def listen(port: int) -> bool:
    """Be found by notebooks, from now until this process ends; False where that cannot be, and a
    line on standard error.

    port: of the page.
    """
    with _server.opening:
        if not _server.has_tried:
            _server.has_tried = True
            _server.endpoint = _listen(port)
    return _server.endpoint is not None


def _listen(port: int) -> Endpoint | None:
    try:
        endpoint = Endpoint(_server.board, receive)
        announced = announce(port=port, steering_port=endpoint.port, secret=endpoint.secret)
    except (OSError, StoreError) as error:
        reason = f"{error}. Set {FOLDER_VARIABLE} to a folder that can be written"
        print(f"Notebooks cannot find this dashboard: {reason}.", file=sys.stderr, flush=True)
        return None
    atexit.register(announced.unlink, missing_ok=True)
    return endpoint


def attend(here: StreamlitPage, explore: StreamlitPage, snapshots: StreamlitPage) -> None:
    """Before a page is drawn: follow what the notebook wants, on the page that can show it."""
    if is_read_only() or st.context.url is None:  # no browser looks at it: a test does
        return
    listen(int(st.get_option("server.port")))
    page = _page()
    if page is None:
        return
    number, order = _server.board.orders(page, after=st.session_state["steered_to"])
    match order:
        case Select() if here != explore:
            st.switch_page(explore)  # which then follows
        case Select():
            _select(order)
        case Show(document):
            st.session_state["steered_to"] = number
            _server.board.followed(page, number)
            st.switch_page(snapshots, query_params={"snapshot": digest(document)})
    st.session_state["steered_to"] = number


def tell(collection: Collection, choice: Choice) -> None:
    """What the Explore page shows, for the notebook that has opened it."""
    page = st.session_state.get("steered_as")
    if page is None:
        return
    pins = shown.pins()
    looked_at = dict.fromkeys([choice.selected, choice.baseline, *pins])
    timed = (collection.get(one, choice.scenario) for one in looked_at)
    own = Shown(
        selected=choice.selected.key,
        baseline=choice.baseline.key,
        pinned=tuple(one.key for one in pins),
        scenario=choice.scenario,
        measurements=tuple(one for one in timed if one is not None),
    )
    _server.board.tell(page, own, followed=st.session_state["steered_to"])


def watch(here: StreamlitPage) -> None:
    """Above every page, in the same place on each: draw it anew when the notebook wants something
    else."""
    state = st.session_state
    if state.get("steered_as") is None:
        return
    state["steered_on"] = shown_page()
    state["steered_query"] = {name: st.query_params.get_all(name) for name in st.query_params}
    poll_s = CALM_POLL_S if is_anybody_measuring(lock_folder()) else POLL_S
    with st.container():
        note(":material/cable: In step with the notebook that opened this page.")
        st.fragment(_watch, run_every=poll_s)(here)  # the last in here: see fragments


def _watch(here: StreamlitPage) -> None:
    state = st.session_state
    is_ordered = _server.board.orders(state["steered_as"], after=state["steered_to"])[1] is not None
    if is_page_due(news=is_ordered):
        st.rerun(scope="app")
    if shown_page() != state["steered_on"]:
        # A browser that is slow may renew a part of the page that it has just left. Streamlit then
        # takes it back there in name and empties what it shows: go where it should be once more.
        st.switch_page(here, query_params=state["steered_query"])


def _page() -> str | None:
    """The mailbox of this tab; a copied address does not bring it along."""
    named = st.query_params.get(LINK_NAME)
    if named is not None:
        st.session_state["steered_as"] = named
        st.session_state.setdefault("steered_to", 0)
        del st.query_params[LINK_NAME]
    found: str | None = st.session_state.get("steered_as")
    return found


def _select(order: Select) -> None:
    """Before the controls are drawn: they take these as their own."""
    network.select(candidate(order.network))
    if order.scenario is None:
        return
    state = st.session_state
    state["engine"], state["precision"] = order.scenario.engine, order.scenario.precision
    state["threads"], state["batch"] = order.scenario.threads, order.scenario.batch
    if len(read_machine().accelerators):
        state["device"] = order.scenario.device
