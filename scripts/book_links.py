#!/usr/bin/env python3
"""Checks a built book: each page of the source is in it, and each link within it leads to a file that is there and, where it names
one, to an anchor in it. Links to the web are not looked at.

    scripts/book_links.py SOURCE BOOK

By Python's own parser: the link checkers of the registries take minutes to build.
"""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The anchors of a page, and where it links to."""

    def __init__(self, text):
        super().__init__()
        self.anchors, self.links = set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if value is None:
                continue
            if name == "id" or (name == "name" and tag == "a"):
                self.anchors.add(value)
            elif name in ("href", "src"):
                self.links.append((self.getpos()[0], value))


def main(source, book):
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in book.rglob("*.html")}
    problems, links = [], 0
    for page in sorted(source.rglob("*.md")):
        built = book / page.relative_to(source).with_suffix(".html")
        if page != source / "SUMMARY.md" and built not in pages:
            problems.append(f"{page}: not in {source / 'SUMMARY.md'}")
    for path, page in sorted(pages.items()):
        for line, link in page.links:
            url = urlsplit(link)
            if url.scheme or url.netloc:
                continue
            links += 1
            place = f"{path.relative_to(book)}:{line}: {link}"
            target = (path.parent / unquote(url.path)).resolve() if url.path else path
            if not target.is_relative_to(book):
                problems.append(f"{place}: outside of the book")
            elif not target.is_file():
                problems.append(f"{place}: no such file")
            elif url.fragment and target in pages and unquote(url.fragment) not in pages[target].anchors:
                problems.append(f"{place}: no such anchor")
    for problem in problems:
        print(problem, file=sys.stderr)
    if len(pages) < 40 or links < 1000:
        sys.exit(f"only {len(pages)} pages and {links} links: is this the book?")
    if problems:
        sys.exit(f"{len(problems)} problems in the book")
    print(f"the book: {len(pages)} pages, {links} links within it, all of them good")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]).resolve())
