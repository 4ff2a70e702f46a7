"""What a licence is, and what holds whatever its form: fields, numbers, dates, status words."""
