"""Notices as PDF: facts in, pages out. Knows neither the web nor the database; `pdf.render` is the way in."""
