# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Sphinx makes the site, for scripts/site."""

from pathlib import Path

import yaml

_ROOT = Path(__file__).resolve().parents[2]
_galaxy = yaml.safe_load((_ROOT / "galaxy.yml").read_text("utf-8"))

project = "mosaic.fleet"
author = "the mosaic.fleet authors"
project_copyright = f"2026, {author}"
version = release = str(_galaxy["version"])
extensions = ["myst_parser", "sphinx_antsibull_ext", "sphinx.ext.intersphinx"]
# Made by scripts/site_source.py, so that nothing has to be fetched.
intersphinx_mapping = {
    "ansible": ("https://docs.ansible.com/ansible/latest/", str(_ROOT / ".cache" / "site" / "ansible.inv"))
}
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
myst_heading_anchors = 4  # as the pages link to each other in the repository
html_theme = "furo"
html_favicon = "icon.svg"
html_title = f"{project} {release}"
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
highlight_language = "none"
