"""The facts: enterprises, contacts, equipment with its lines and accessories, inspections, extensions."""
