"""Keys and values of prompts already read, in a trie over token prefixes.

The prompts of a proof search repeat themselves: the few-shot header, a parent's hypotheses in its children,
a state that is scored after it was expanded. What was read once is not read again. Not here: reading
(`stream.py`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any


class _Node:
    """A run of tokens below its parent, with keys and values per layer `[1, heads, tokens, width]`."""

    __slots__ = ("children", "layers", "parent", "tokens")

    def __init__(self, tokens: tuple[int, ...], layers: list[tuple[Any, Any]], parent: _Node | None) -> None:
        self.tokens = tokens
        self.layers = layers
        self.parent = parent
        self.children: dict[int, _Node] = {}

    @property
    def size(self) -> int:
        return sum(k.numel() * k.element_size() + v.numel() * v.element_size() for k, v in self.layers)


def shared_length(left: Sequence[int], right: Sequence[int]) -> int:
    """How many tokens two sequences have in common at their beginning."""
    length = 0
    for a, b in zip(left, right, strict=False):
        if a != b:
            break
        length += 1
    return length


class PrefixTrie:
    """At most `capacity` bytes of keys and values; the least recently used leaf goes first.

    Invariant: a node's keys and values were computed behind exactly the tokens on its path, at positions
    0, 1, 2 …; so any path from the root can be joined into a cache.
    """

    def __init__(self, capacity: int = 256 << 20) -> None:
        self.capacity = capacity
        self.size = 0
        self._root = _Node((), [], None)
        self._recent: OrderedDict[_Node, None] = OrderedDict()

    def find(self, tokens: Sequence[int]) -> tuple[int, list[tuple[Any, Any]]]:
        """Keys and values of the longest known prefix of `tokens`, and its length (0 and [] for none)."""
        import torch

        runs: list[list[tuple[Any, Any]]] = []
        length = 0
        node = self._root
        while length < len(tokens) and (child := node.children.get(tokens[length])) is not None:
            common = shared_length(child.tokens, tokens[length:])
            runs.append([(k[:, :, :common], v[:, :, :common]) for k, v in child.layers])
            self._recent.move_to_end(child)
            length += common
            if common < len(child.tokens):
                break
            node = child
        if len(runs) < 2:
            return length, runs[0] if runs else []
        joined = []
        for layer in zip(*runs, strict=True):
            joined.append((torch.cat([k for k, _ in layer], 2), torch.cat([v for _, v in layer], 2)))
        return length, joined

    def add(self, tokens: Sequence[int], layers: Sequence[tuple[Any, Any]]) -> None:
        """Keep the keys and values of `tokens`; each `[1, heads, len(tokens), width]`."""
        node, length = self._root, 0
        while length < len(tokens):
            child = node.children.get(tokens[length])
            if child is None:
                # `clone`: a slice would keep the whole batch's tensor alive.
                rest = [(k[:, :, length:].clone(), v[:, :, length:].clone()) for k, v in layers]
                self._attach(node, _Node(tuple(tokens[length:]), rest, node))
                break
            common = shared_length(child.tokens, tokens[length:])
            if common < len(child.tokens):
                child = self._split(child, common)
            self._recent.move_to_end(child)
            node, length = child, length + common
        self._shrink()

    def clear(self) -> None:
        """Forget everything (the memory is wanted elsewhere)."""
        self._root.children.clear()
        self._recent.clear()
        self.size = 0

    def _attach(self, parent: _Node, node: _Node) -> None:
        node.parent = parent
        parent.children[node.tokens[0]] = node
        self._recent[node] = None
        self.size += node.size

    def _split(self, node: _Node, at: int) -> _Node:
        """Cut `node` in two behind its first `at` tokens; returns the upper half."""
        parent = node.parent
        assert parent is not None
        self.size -= node.size
        upper_layers = [(k[:, :, :at].clone(), v[:, :, :at].clone()) for k, v in node.layers]
        upper = _Node(node.tokens[:at], upper_layers, parent)
        node.layers = [(k[:, :, at:].clone(), v[:, :, at:].clone()) for k, v in node.layers]
        node.tokens = node.tokens[at:]
        self._attach(parent, upper)
        self._attach(upper, node)
        return upper

    def _shrink(self) -> None:
        while self.size > self.capacity and self._recent:
            leaf = next((node for node in self._recent if not node.children), None)
            if leaf is None:
                break
            del self._recent[leaf]
            assert leaf.parent is not None
            del leaf.parent.children[leaf.tokens[0]]
            self.size -= leaf.size
