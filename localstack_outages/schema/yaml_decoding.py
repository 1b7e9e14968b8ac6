"""YAML of users, decoded up to a size."""

from typing import Any

import yaml

MAX_NODES = 2_000_000
"""A hundred values for each of the most rules that a list may have. Aliases of aliases double a file
that is small with every line (the "billion laughs"), so that they are counted before they are used.
"""


def decode_yaml(data: bytes) -> Any:
    """Decode YAML, up to a size that counts what an alias stands for each time.

    :raises ValueError: where it is larger, or contains itself
    :raises yaml.YAMLError: where it is not valid
    """
    loader = yaml.SafeLoader(data)
    try:
        root = loader.get_single_node()
        if root is None:
            return None
        if _size(root, {}) > MAX_NODES:
            raise ValueError(f"with its aliases it has more than {MAX_NODES:,} values")
        return loader.construct_document(root)
    finally:
        loader.dispose()


def _size(node: yaml.Node, known: dict[int, int]) -> int:
    """Count the values in a node, those of an alias each time.

    :param known: of nodes that were counted; 0 of those that are being counted
    """
    if id(node) in known:
        if not known[id(node)]:
            raise ValueError("an alias stands for something that it is part of")
        return known[id(node)]
    known[id(node)] = 0
    parts = node.value if isinstance(node, yaml.CollectionNode) else ()
    nodes = [part for pair in parts for part in (pair if isinstance(pair, tuple) else (pair,))]
    known[id(node)] = size = 1 + sum(_size(part, known) for part in nodes)
    return size
