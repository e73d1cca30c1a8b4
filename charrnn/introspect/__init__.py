"""What a trained network remembers, as measurements in plain dataclasses. Nothing here prints.

    gradients   norms of d(loss)/d(state) per timestep     windows     which text, warmed how
    dynamics    Lyapunov exponent, spectral radius         statistics  medians, gain, half-life
    summary     what the checkpoint is                     export      all of it as JSON

Texts are 1-d arrays of character indices. Models are float64 unless a docstring says otherwise.
"""
