"""The multi-layer perceptron, for contrast: N places of the text, each with weights of its own.

    h^1_t = tanh(W_1 x_{t-N+1} + ... + W_N x_t + b^1)        x one-hot, the oldest place first
    h^l_t = tanh(W^l h^{l-1}_t + b^l)                        l = 2 ... L

Nothing goes from one step to the next, so what is older than N characters is not there, and what is
learnt of a character at one place is not known at another. A recurrent network has one W for every
place, and a state in place of the places. (Bengio et al., A neural probabilistic language model,
JMLR 3, 2003, here without their shared embedding: that would be sharing already.)

The mathematics is in `network.feedforward`.
"""

from collections.abc import Mapping

from charrnn.network.architecture import Architecture


class MLP(Architecture):
    """PyTorch's `Sequential` of `Linear` and `Tanh`, over the one-hot vectors of N places."""

    name = "mlp"
    default_context = 16
    learning_rates = {"tanh": (0.03, 0.024)}

    @classmethod
    def parameter_shapes(cls, L: int, H: int, V: int, context: int) -> dict[str, tuple[int, ...]]:
        """`mlp.0.weight` (H, N·V), `mlp.0.bias` (H,), `mlp.2.weight` (H, H), ...: the odd numbers
        of the sequence are its activations."""
        shapes: dict[str, tuple[int, ...]] = {}
        for layer in range(L):
            shapes[f"mlp.{2 * layer}.weight"] = (H, H if layer else context * V)
            shapes[f"mlp.{2 * layer}.bias"] = (H,)
        return shapes

    @classmethod
    def sizes(cls, shapes: Mapping[str, tuple[int, ...]]) -> tuple[int, int]:
        context = shapes["mlp.0.weight"][1] // shapes["head.weight"][0]
        return sum(name.startswith("mlp.") for name in shapes) // 2, context

    @classmethod
    def carried_shapes(cls, L: int, H: int, context: int) -> dict[str, tuple[int, int]]:
        """The last N characters, the oldest first, as index + 1; 0 where there is none."""
        return {"x": (1, context)}

    @classmethod
    def kept_rows(cls) -> int:
        """The units and their gradients, what is dropped of them, and a sum of the first layer."""
        return 6
