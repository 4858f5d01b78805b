"""How good the matches are: labelled and saved data, what a model makes of it as rows, figures, and notebooks.

    gold --predict--\\
                     rows --metrics--> figures with intervals --report--> terminal, CSV, JSON
    saved runs -----/                                        \\--> notebooks --> HTML

`rows` names the columns that everything else reads, so that a notebook, a figure or a source of rows can be added
without the others. `spans` measures the vocabulary on annotated postings, apart from matching. Nothing here is imported
by the app. The packages it needs beside the app's are those of the extra `evaluation`.
"""
