"""What comparisons say: as data (build, board), on a terminal, in files."""
