"""How many columns of a terminal each character takes, given what came before it.

Rich knows the width of a whole text; this is its increase, character by character. What extends a
cluster, such as a mark or the next part of a joined emoji, takes none or a second one.
"""

from rich.cells import cell_len, get_character_cell_size

from charrnn.clusters import ZWJ, extends, is_pictograph, is_regional

_EMOJI = "\ufe0f"  # the selector that makes a narrow sign a wide picture
_LONGEST = 64  # characters of a cluster that matter; there is no end to marks


class Columns:
    """Of characters that a terminal simply draws, and white space, one after the other."""

    def __init__(self) -> None:
        self.cluster = ""  # that the next character may extend

    def add(self, character: str) -> tuple[bool, int]:
        """Whether a character extends the cluster before it, and how many columns it adds."""
        before, extending = self.cluster, extends(self.cluster, character)
        self.cluster = before[:_LONGEST] + character if extending else character
        if extending and (character == _EMOJI or (before[-1] == ZWJ and is_pictograph(before[0]))):
            return True, max(cell_len(self.cluster) - cell_len(before), 0)
        return extending, get_character_cell_size(character)

    @property
    def may_grow(self) -> bool:
        """May the next character make the last one wider?"""
        last = self.cluster
        if is_regional(last[0]):
            return len(last) == 1
        return cell_len(last + _EMOJI) > cell_len(last)
