# SPDX-License-Identifier: Apache-2.0
"""page.py - is the page on stdin well-formed, self-contained and without script? Status 1, and why."""
import html.parser
import re
import sys

VOID = {"meta", "br", "hr"}


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.cells, self.widths = [], 0, set()

    def handle_starttag(self, tag, attrs):
        if tag in ("script", "link", "img", "iframe", "object"):
            raise ValueError(f"<{tag}>")
        for key, value in attrs:
            if key.startswith("on") or key in ("src", "href"):
                raise ValueError(f"{key}={value}")
        if tag not in VOID:
            self.open.append(tag)
        self.cells = 0 if tag == "tr" else self.cells + (tag in ("td", "th"))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            raise ValueError(f"</{tag}> closes nothing")
        if tag == "tr":
            self.widths.add(self.cells)


text = sys.stdin.read()
page = Page()
try:
    page.feed(text)
    page.close()
    if page.open:
        raise ValueError(f"left open: {page.open}")
    if len(page.widths) != 1:
        raise ValueError(f"rows of different widths: {page.widths}")
    for want in ("<!DOCTYPE html>", 'name="viewport"', "default-src 'none'"):
        if want not in text:
            raise ValueError(f"no {want}")
    if re.search(r"url\(|@import", text):
        raise ValueError("the style fetches something")
except ValueError as error:
    print(error)
    sys.exit(1)
