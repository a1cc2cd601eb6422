# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator may write, each a shape that went wrong somewhere."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    "short": "hello there",
    "three lines": "first line\n  second, indented\nthird",
    "60 lines": "\n".join(f"line {number} of sixty" for number in range(1, 61)),
    "8 KB": " ".join(f"word{number}" for number in range(1, 1000)),
    "unicode": "family 👨‍👩‍👧‍👦 flag 🇨🇿 שלום مرحبا é ä 你好 ｆｕｌｌ žluťoučký",
    "quotes": "it's \"quoted\" `code` $HOME $(id) %d 'x'; \\n <b>&amp;</b> {} [] #1 !x ~",
    "tab": "a\tb\tc",
    "@word end": "please look at @REA",
    "$word end": "the price is $sk",
    "\\ end": "it ends with a backslash \\",
    "/word end": "please use /mod",
    "quoted list": "about your plan:\n> 1. build\n> 2. test\nyes to both",
    "quoted dialog": "it asked me:\nDo you want to proceed?\n❯ 1. Yes\n  2. No\nwhat is that",
    "[y/N] end": "can you answer this: overwrite? [y/N]",
    "password end": "it says\nPassword:",
    "one letter": "y",
}
"""By name; every one gets the sender's name in brackets in front, as the bridge writes it."""
