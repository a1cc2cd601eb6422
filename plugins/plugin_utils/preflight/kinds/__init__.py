# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each kind of connector needs of the variables of an orchestrator.

A room for each kind has `OPERATOR`, what the id of one of its people looks like; `operators`, which refuses those that are
none; and `VARIABLES`, its rules, as the rooms of the roles have them.
"""
