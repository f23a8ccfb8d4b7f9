"""Charts from values: pure functions that return plotly figures as plain dicts.

figure = tradeoff(variants, metric="latency", selected="0.5-160", dark=False)
st.plotly_chart(Ready(figure), theme=None, config=CONFIG)   # on the page
as_figure(figure)                                           # in a notebook or a report
"""

from benchmarks.charts.beside import MOST_RUNS, Series, beside, beside_alt
from benchmarks.charts.caption import captioned
from benchmarks.charts.choice import choice, choice_alt
from benchmarks.charts.distribution import MOST_CURVES, distribution, distribution_alt
from benchmarks.charts.figure import CONFIG, Figure, Ready, as_figure
from benchmarks.charts.fronts import Front, fronts
from benchmarks.charts.grid import GRID_METRICS, GridMetric, grid, grid_alt
from benchmarks.charts.guesses import guesses, guesses_alt
from benchmarks.charts.history import history, history_alt
from benchmarks.charts.identical import identical, identical_alt
from benchmarks.charts.layer_shares import layer_shares, layer_shares_alt
from benchmarks.charts.layers import LAYER_UNITS, LayerUnit, layers, layers_alt
from benchmarks.charts.learning import (
    LEARNING_QUANTITIES,
    Learner,
    LearningQuantity,
    learning,
    learning_alt,
)
from benchmarks.charts.predictions import predictions, predictions_alt
from benchmarks.charts.roofline import roofline, roofline_alt
from benchmarks.charts.scored import Mark, scored, scored_alt
from benchmarks.charts.task_learning import task_learning, task_learning_alt
from benchmarks.charts.thumbnail import thumbnail
from benchmarks.charts.tradeoff import tradeoff, tradeoff_alt, undrawn, why_undrawn

__all__ = [
    "CONFIG",
    "GRID_METRICS",
    "LAYER_UNITS",
    "LEARNING_QUANTITIES",
    "MOST_CURVES",
    "MOST_RUNS",
    "Figure",
    "Front",
    "GridMetric",
    "LayerUnit",
    "Learner",
    "LearningQuantity",
    "Mark",
    "Ready",
    "Series",
    "as_figure",
    "beside",
    "beside_alt",
    "captioned",
    "choice",
    "choice_alt",
    "distribution",
    "distribution_alt",
    "fronts",
    "grid",
    "grid_alt",
    "guesses",
    "guesses_alt",
    "history",
    "history_alt",
    "identical",
    "identical_alt",
    "layer_shares",
    "layer_shares_alt",
    "layers",
    "layers_alt",
    "learning",
    "learning_alt",
    "predictions",
    "predictions_alt",
    "roofline",
    "roofline_alt",
    "scored",
    "scored_alt",
    "task_learning",
    "task_learning_alt",
    "thumbnail",
    "tradeoff",
    "tradeoff_alt",
    "undrawn",
    "why_undrawn",
]
