"""Networks trained and corrected from the page: runs that report, corrections that stay."""
