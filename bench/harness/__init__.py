# SPDX-License-Identifier: MIT
"""The harness of bench/run: one noun for each module."""
