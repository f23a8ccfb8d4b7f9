"""The Method page: what each number means, where it comes from, and what is known to be wrong."""

from __future__ import annotations

import streamlit as st

from benchmarks.dashboard.text import note
from benchmarks.references import references
from mobilenet.accuracy import SOURCES


def show() -> None:
    st.title("What the numbers mean", anchor=False)
    st.markdown(
        """
**Mult-adds** count convolutions and the fully connected layer, for one image; a multiplication
and its addition count 1. A FLOP count of the same network is twice as high.

**Parameters** are everything trainable. The paper counts convolution and classifier weights only;
both counts round to what it prints.

**Size on disk** is the float32 network as PyTorch saves it, batch-norm statistics included.

**Peak activations** are computed: the most that must be held at once by an engine that folds batch
norm into the convolution and frees each map after its last use.

**Latency** is the time of one inference, called again and again, on the computer that runs this
server, in one engine with so many threads and so large a batch. Each time is taken in a process of
its own, never in the one that draws this page. Networks take turns in random order; the first call
of a turn is kept but not counted. The figure is the median; its interval covers this run only, and
is formed over turns, because calls within one turn resemble each other. Two runs on different days
can differ by some 10 % for no reason, so compare what was timed in turns.

- A **preview** is a first look, in PyTorch, while you move the sliders.
- **Preliminary** results come from a process that is kept warm for the 16 and the references.
- **Measured** results come from processes of their own, in turns with the baseline.

**Accuracy** is ImageNet top-1 as somebody published it, never measured here, and always with its
source: the same network has been published at 70.6, 70.9, 71.7 and 75.4 %. Between trained networks
there is an estimate, drawn hollow with its error; outside them there is nothing.

Weights are random: right for timing, useless for recognising anything. ONNX Runtime and OpenVINO
must give PyTorch's answer on the same input before their time counts.
        """
    )
    st.header("Sources, and what is known to be wrong in them", anchor=False)
    for source in SOURCES.values():
        st.markdown(f"**[{source.title}]({source.url})**: {source.recipe}")
        for footnote in source.footnotes:
            note(footnote)
    st.header("Reference networks", anchor=False)
    for network in references().values():
        paper = network.paper_figures
        notes = [network.note, paper.note if paper else ""]
        st.markdown(
            f"**{network.label}** ({network.year}, [arXiv:{network.paper}]"
            f"(https://arxiv.org/abs/{network.paper}))"
        )
        for remark in filter(None, notes):
            note(remark)
