"""Parses ObjectScript classes and prints each place that is no ObjectScript, as FILE:LINE:COLUMN. usage: parse-objectscript.py FILE..."""

import sys

import tree_sitter_objectscript_udl as udl
from tree_sitter import Language, Parser


def faults(node):
    """Nodes that the grammar could not place, and places where it missed something."""
    if node.is_missing or node.type == "ERROR":
        yield node
        return
    for child in node.children:
        if child.has_error or child.is_missing:
            yield from faults(child)


def main(files):
    parser = Parser(Language(udl.language_objectscript_udl()))
    found = 0
    for file in files:
        with open(file, "rb") as source:
            tree = parser.parse(source.read())
        for node in faults(tree.root_node):
            found += 1
            what = f"{node.type} is missing" if node.is_missing else f"unexpected {node.text[:60]!r}"
            print(f"{file}:{node.start_point[0] + 1}:{node.start_point[1] + 1}: {what}", file=sys.stderr)
    return 1 if found else 0


sys.exit(main(sys.argv[1:]))
