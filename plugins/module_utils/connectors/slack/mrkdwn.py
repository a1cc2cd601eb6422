# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From our Markdown to Slack's mrkdwn: what the two write differently is changed, everything else stays as it is.

The three characters that Slack obeys are escaped everywhere, so that no text of ours mentions or links anything that
is not a link in Markdown. Source: Slack, "Formatting text for app surfaces".
"""

from __future__ import annotations

import re

from ..fences import Fence, fence_of

_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_HEADING = re.compile(r"[ ]{0,3}#{1,6}[ \t]+(?P<words>\S.*?)(?:[ \t]+#+)?[ \t]*(?P<end>\n?)\Z")
_BULLET = re.compile(r"(?P<indent>[ \t]*)[-*+][ \t]+(?=\S)")
_QUOTE = re.compile(r"[ ]{0,3}(?:>[ ]?)+")
_RULE = re.compile(r"[ ]{0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})\n?\Z")
_INLINE = re.compile(
    r"(?P<code>(?<!`)(?P<ticks>`+)(?!`)[^\n]*?[^`\n](?P=ticks)(?!`))"
    r"|!?\[(?P<label>[^\[\]\n]{1,500})\]\((?P<target>(?:https?://|mailto:)[^\s()<>|]{1,2000}(?:\([^\s()<>|]{0,200}\))?[^\s()<>|]{0,200})\)"
    r"|<(?P<auto>(?:https?://|mailto:)[^\s<>|]{1,2000})>"
    r"|(?P<bold>\*\*|(?<!\w)__)(?=[^\s*_])(?P<strong>[^\n]{0,400}?[^\s*_])(?P=bold)(?:(?<=\*\*)|(?!\w))"
    r"|(?<![*\w\\])\*(?=[^\s*])(?P<soft>[^*\n]{0,400}?[^\s*])\*(?![*\w])"
    r"|~~(?=[^\s~])(?P<struck>[^~\n]{0,400}?[^\s~])~~"
)


def mrkdwn(text: str) -> str:
    """`text`, which is Markdown, as Slack shows it alike."""
    written: list[str] = []
    fence: Fence | None = None
    for line in _LINES.findall(text):
        if fence is not None:
            closes = fence.closes(line)
            # An info string would be shown as the first line of the code.
            written.append(escaped(line))
            fence = None if closes else fence
            continue
        found = fence_of(line)
        if found is not None and found[0].mark.startswith("`"):
            fence = found[0]
            written.append(f"{line[: line.index(fence.mark) + 3]}{_ending(line)}")
        else:
            written.append(_line(line))
    return "".join(written)


def escaped(text: str) -> str:
    """`text` with nothing in it that Slack obeys."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _line(line: str) -> str:
    if match := _HEADING.match(line):
        return f"*{_inline(match['words'].replace('**', ''))}*{match['end']}"
    if _RULE.match(line):
        return escaped(line)
    if match := _QUOTE.match(line):
        # Slack knows one level of quotation, and its sign is not escaped.
        return f"> {_line(line[match.end() :])}"
    if match := _BULLET.match(line):
        return f"{match['indent']}• {_inline(line[match.end() :])}"
    return _inline(line)


def _inline(text: str) -> str:
    parts: list[str] = []
    place = 0
    for match in _INLINE.finditer(text):
        parts += [escaped(text[place : match.start()]), _written(match)]
        place = match.end()
    return "".join([*parts, escaped(text[place:])])


def _written(match: re.Match[str]) -> str:
    if match["code"]:
        return escaped(match["code"])
    if match["target"]:
        # A bar would end the address, and a line feed the link.
        label = escaped(match["label"]).replace("|", "¦")
        return f"<{escaped(match['target'])}|{label}>"
    if match["auto"]:
        return f"<{escaped(match['auto'])}>"
    if match["strong"]:
        return f"*{_inline(match['strong'])}*"
    if match["soft"]:
        return f"_{_inline(match['soft'])}_"
    return f"~{_inline(match['struck'])}~"


def _ending(line: str) -> str:
    return "\n" if line.endswith("\n") else ""
