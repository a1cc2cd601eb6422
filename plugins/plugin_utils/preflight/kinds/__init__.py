# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of connector that have variables of their own in the role, and which these are.

Such a room has `FIELDS`, by the key of the block the variables that may say it; `ENVIRONMENT`, by the variable of the
environment the one that says it; and `RULES`, what else the role needs of them. What any of it has to look like is in the
description of the kind. A kind without a room has the variables of every other: its block, and its secrets.
"""
