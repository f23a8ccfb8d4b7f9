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

**Memory** is measured on demand, after the timing: a process runs a very small network, which
shows what the runtime takes anyway, then yours, and the kernel tells the most that was resident
while it ran. The difference is shown; weights and activations beside it are computed.
What building or loading took for a moment does not count. In PyTorch the allocator makes it differ
by up to 20 % from one run to the next.

**Two runs** of one machine are another thing than two networks of one run: runs scatter by some
10 % (a standard deviation) for no reason that anybody knows of, so that differences up to 32 %
between two of them are put down to chance. Once five runs of a machine are kept, their own scatter
is used.

**Energy** is shown only where a counter of the hardware counts it: RAPL of the CPU packages, NVML
of a GPU. Idle power and whatever else ran are in it. It is never estimated.

**Latency** is the time of one inference, called again and again, on the computer that runs this
server, in one engine with so many threads and so large a batch. It is never taken in the process
that draws this page. Networks take turns in random order; the first call of a turn is kept but not
counted, because it is slower.

On an accelerator it is what a caller waits for, too: from the call until the result is there. What
its own clock shows of that stands beside it as **device** time, from its first work to its last; a
small network makes it wait for the CPU in between. Its input lies there already, so that copying is
in neither.

- A **preview** is a first look, in PyTorch, while you move the sliders.
- **Preliminary** results come from one process that is kept warm, for the 16 and the references.
- **Measured** results come from several fresh processes, because two processes can run identical
  code at speeds that differ by 10 %. The interval is formed over them, never over single calls.

**Verdicts.** A measured pair is the *same* if the whole interval of its ratio lies within 2 %, else
*faster* or *slower* if the interval excludes 1, and otherwise nobody can tell. Three processes
(quick) never say the same. The baseline is timed twice, as two copies: if these seem to differ, the
run is **degraded**, and differences less than twice as large are not believed.

**Disturbances.** A turn during which the engine's threads had to wait for a CPU is done again and
does not count. That is judged by the system's own counters, never by the time it took: leaving out
slow turns would make everything look faster. The same holds for a turn during which heat, hardware
or a power limit held down the clock of an NVIDIA GPU, by its driver's word. If half of the turns
were disturbed, or the machine ran on battery or into its CPU quota, the run is **degraded**; from
three quarters on it is **invalid**: its figures are shown, but no verdict. A power limit alone only
degrades it, because under that load it is how fast the GPU is. Before it starts, a measurement
waits up to ten seconds while other programs queue for the CPUs. The Machine page and
`mobilenet-bench validate` find out from identical networks which difference four of five runs would
find on this machine.

Figures of different runs can differ by some 10 % for no reason, so compare what was timed in turns.

**Accuracy** is ImageNet top-1 as somebody published it, never measured here, and always with its
source: the same network has been published at 70.6, 70.9, 71.7 and 75.4 %. Between trained networks
there is an estimate, drawn hollow with its error; outside them there is nothing.

Weights are random: right for timing, useless for recognising anything. Every engine and precision
must give the answer of PyTorch in float32 on the same input, up to what rounding explains, before
its time counts; how far it is off stands with the latency. **int8** is quantised after training, in
ranges calibrated on 16 random images: what it gains in time is real here, what it costs in accuracy
only trained weights can show.
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
        notes = [network.note]
        if paper and paper.note:
            notes.append(f"In the MobileNets paper, {paper.table}: {paper.note}")
        st.markdown(
            f"**{network.label}** ({network.year}, [arXiv:{network.paper}]"
            f"(https://arxiv.org/abs/{network.paper}))"
        )
        for remark in filter(None, notes):
            note(remark)
