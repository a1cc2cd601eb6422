# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long it is searched: a bounded run with every test, a long one by `make fuzz` (`--hypothesis-profile=long`)."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

_PATIENT = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

settings.register_profile("long", max_examples=5_000, deadline=None, suppress_health_check=_PATIENT)
