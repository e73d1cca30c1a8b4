"""What a trained network remembers, as measurements in plain dataclasses. Nothing here prints.

    gradients   norms of d(loss)/d(state) per timestep     windows       which text, warmed how
    exchange    what a loss does if a state is another's   statistics    medians, gain, half-life
    dynamics    Lyapunov exponents, spectral radius        uncertainty   errors, and digits
    spectrum    exponents of all directions                timescales    of units, by their gates
    context     what k visible characters are worth        side_by_side  reading long texts
    surprisal   the loss of every character                predicates    properties of a text
    unfold      the network step by step; what is next     words         findings in sentences
    neurons     units that follow a property               colours       scales for painting
    gates       saturation, clocks, idle units             export        all of it as JSON
    summary     what the checkpoint is                     dynamic_evaluation  learning while read
    views       every report described once, on a          pictures      a canvas that becomes SVG,
                `canvas`; its figures are a `table`                      HTML and PNG

`standard_errors` are those of means over a text; `clocks` tell how long a unit keeps what it has.
What is said of units rests on `signals`, `correlation`, `evidence`, `twin`, `clamping`, `findings`.

Texts are 1-d arrays of character indices. Models are float64 unless a docstring says otherwise.
"""
