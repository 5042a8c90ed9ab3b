"""Missing and found people: taken in from registers and photographs, compared, and decided about by two people."""
