# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the variables of each role must be, and what must be found on its hosts.

A room for each role has `VARIABLES`, and, if its host is looked at, `DATA` and `PROGRAM`, or `REMOVAL` where the role is to
go; where another entry point than the main one has rules of its own, they have its name. Each of these is a tuple of rules;
a rule takes the values, and those of a host also the answer of the look, and yields a sentence for each mistake. A rule that
meets a value which is none says nothing: that has been said already.
"""
