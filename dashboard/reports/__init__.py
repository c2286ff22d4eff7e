"""What a page, the API or a command shows: store → domain → one frozen report."""
