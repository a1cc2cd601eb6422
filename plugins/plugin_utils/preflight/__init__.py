# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the variables of a fleet, as sentences.

`specs` reads what variables there are, `values` holds those of one host, `names` finds the misspelt ones, `speech` has the
words that sentences share. A room for each role says what its variables must be, `connector` asks the description of its kind
about the connector, and `fleet` says what must fit together over several hosts. `report` puts all of it into one message.
"""
