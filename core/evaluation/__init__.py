"""How good the matches are: labelled data, predictions, baselines, metrics and the tables a report or notebook shows.

    gold | saved runs --predict--> one row per verdict, one row per pair --metrics--> figures with intervals --report-->

Rows are pandas DataFrames with the columns that `core.evaluation.predict` names. Nothing here is imported by the app.
The packages it needs beside the app's are those of the extra `evaluation`.
"""
