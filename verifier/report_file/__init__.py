"""Verification reports 核验报告 as PDF/A-3: made with an extra, read in the plain install."""
