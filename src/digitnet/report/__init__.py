"""Results for people: figures, tables in the terminal, and the model card.

Importing this needs neither Matplotlib nor time: Matplotlib is loaded when the first figure is drawn.
"""

from digitnet.report.augmentation import augmentation_figure
from digitnet.report.curves import training_curves
from digitnet.report.explanation import explanation_figure
from digitnet.report.figure_file import save_figure
from digitnet.report.mistakes import confusion_matrix_figure, worst_mistakes_figure
from digitnet.report.model_card import model_card
from digitnet.report.tables import evaluation_table
from digitnet.report.weights import receptive_fields_figure

__all__ = [
    "augmentation_figure",
    "confusion_matrix_figure",
    "evaluation_table",
    "explanation_figure",
    "model_card",
    "receptive_fields_figure",
    "save_figure",
    "training_curves",
    "worst_mistakes_figure",
]
